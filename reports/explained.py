"""What a reader of each table must know, in words."""

PUBLISHED = (
    "Published: LLaMA-2-7B, other data, no n and no interval. Its BERTScore comes from another "
    "encoder and is not comparable with ours."
)
ARMS = (
    "Arms: under each score its difference from base/plain on the same questions, with the paired "
    "95% bootstrap interval (sections resampled). Cost: mean tokens (prompt and answer) and "
    "seconds a question. Seconds are of this machine at this moment, in batches: compare them "
    "within one run only, and loosely."
)
ABSTENTION = (
    "False answers: share of the unanswerable questions that were answered all the same. "
    "Over-refusals: share of the answerable ones that were not. In brackets Wilson's 95% interval, "
    "with as many questions as their sections make independent; the detector's own errors (about 1 "
    "in 20 answers, 1 in 8 refusals) are not in it."
)
MISLED = (
    "Abstained: of the answerable questions shown another question's sections, the share that was "
    "not answered; with its interval as above."
)
DIFFERENCES = (
    "On the n questions both answered. Of scores, higher is better, and intervals are from a "
    "paired bootstrap of groups of questions that share no section. Of false answers and "
    "over-refusals lower is better, of abstaining when shown the wrong sections higher; their "
    "intervals are Newcombe's for paired shares. An interval on one side of 0 shows a difference. "
    "That there are several metrics is not corrected for."
)
SWEEP = (
    "Context sweep: over the questions with evidence alone; n of them, in groups that share no "
    "section. Under each score its paired difference from the line above with its own 95% "
    "bootstrap interval (groups resampled). Evidence shown: share of them asked with a section "
    "that holds the answer in their context, whole or cut; below it the mean number of sections "
    "shown. A budget is in the embedder's tokens; tokens in and out are the model's, means of "
    "prompt and answer. Seconds are the wall time of padded batches by their size, decoding the "
    "answer included, as a ratio to the first line; tokens and seconds are of all questions. A "
    "larger value is shown to beat another if its paired interval lies above 0. For this, and for "
    "what is not ruled out, the intervals of all larger values cover 95% together (Bonferroni); "
    "that there are several metrics, and values tried one after the other, is not corrected for."
)
