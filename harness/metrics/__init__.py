"""Answers in, numbers out: no files, no printing. ``registry`` lists what there is."""

from harness.metrics.abstention import abstains as abstains
from harness.metrics.marks import LoggedMark as LoggedMark
from harness.metrics.marks import Mark as Mark
from harness.metrics.marks import MarkingMetric as MarkingMetric
from harness.metrics.marks import marks_of as marks_of
from harness.metrics.metric import CorpusMetric as CorpusMetric
from harness.metrics.metric import Metric as Metric
from harness.metrics.metric import Row as Row
from harness.metrics.metric import Value as Value
from harness.metrics.metric import aggregate as aggregate
from harness.metrics.metric import description as description
from harness.metrics.metric import total_of as total_of
from harness.metrics.registry import check as check
from harness.metrics.registry import make_metrics as make_metrics
from harness.metrics.registry import metric_names as metric_names
from harness.metrics.registry import signature as signature
from harness.metrics.scoring import Scores as Scores
from harness.metrics.scoring import score as score
from harness.metrics.similarity import SimilarityEvaluator as SimilarityEvaluator
