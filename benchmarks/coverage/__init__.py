"""Do intervals cover what they say they cover? Methods, judged by populations of known truth."""
