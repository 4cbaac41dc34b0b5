"""What plugs into lm-eval and works on what comes out: models, metrics, statistics, runs."""
