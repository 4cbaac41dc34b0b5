"""What a reader of each table must know, in words."""

from collections.abc import Mapping

from harness.statistics import FEWEST, FEWEST_TOGETHER

GROUPED = {
    "section": "the sections of their evidence",
    "page": "the pages of their evidence",
    "document": "the document their answer is in",
    "label": "the labels of their evidence",
    "question": "nothing that is known, each by itself",
}
"""What puts questions into groups, by what the manifest calls it."""
NO_INTERVAL = (
    f"–: no interval below {FEWEST} groups of questions, of corpus figures below "
    f"{FEWEST_TOGETHER}, since none covers enough there; what has none decides nothing."
)
VARIANTS = (
    "Variants: under each score its difference from the baseline on the same questions, with the "
    "paired 95% interval (Student's t, by the jackknife over groups of questions). floor/… answer"
    " without a language model: the question (echo), another question's answer (other), the first"
    " 40 words of the best passage (first), the sentence that ranked best (sentence). "
    "Sentence BLEU is the mean of each answer's BLEU, as in the published work; corpus BLEU is of"
    " all answers' counts together. Facts: the share found of what a right answer has. Cost: mean "
    "tokens (prompt and answer) and seconds a question."
    " Seconds are of the machine and moment that made the answers, in batches: compare them "
    "loosely. GB: of the weights, by a formula of their number and precision. Price: of 1,000 "
    "questions, in the suite's currency. Cut: the share of answers that were longer than they may"
    " be. n × 3: questions answered three times, by weights of three seeds or drawn anew; the "
    "interval is of both. Without: questions that got no answer."
)
FURTHER = (
    "Citation recall: of the provisions the reference names, those the answer names; citation "
    "precision: of those it names, those of the evidence; citations shown: those it was shown. "
    "Grounded: of its numbers, dates, amounts and provisions, those in what it was shown. "
    "Repetition: the share of its runs of four words that it has said before. Length: its words "
    "over the reference's. They explain the other scores: an answer that copies what it was shown "
    "is grounded, and need not be right. ↑ higher is better, ↓ lower; without an arrow neither is."
)
BESIDE_FLOOR = (
    "Beside the floor: what a variant adds to looking a sentence up, on the same questions, with "
    "the paired 95% interval. One that is not above 0 earns its language model nothing on that "
    "metric."
)
TOLD_BY_RULES = (
    "What is contradicted is told by rules, for English alone: of 41 facts that two labellers (a "
    "language model) call contradicted they found 90% [78%, 96%], and 7% of what they flag is none "
    "[3%, 20%]."
)
RATES = (
    "False answers: share of the unanswerable questions that were answered all the same. "
    "Over-refusals: of the answerable ones whose context shows a section that answers them, the "
    "share refused. Abstained unshown: the same of those that were not shown one, where an "
    "assistant that answers from its documents is right to refuse. Evidence shown: of the "
    "questions with evidence, those shown some of it. Contradicted: answers with another number, "
    "or the opposite yes or no, in the place of a fact. Made-up citations: answers that name a "
    "provision which their documents do not. Unfinished: no end of a sentence; empty: no word. ↑ "
    "higher is better, ↓ lower. In brackets Wilson's 95% interval, with as many questions as their "
    "sections make independent. Not in it: who abstains is told by rules, for English alone, which "
    "on 299 real answers missed 15% of the refusals [9%, 25%] and took 4% of the other answers for "
    f"one [2%, 8%]. {TOLD_BY_RULES}"
)
DIFFERENCES = (
    "On the n questions both have a value of. ↑ higher is better, so that A is where A - B is "
    "above 0; ↓ lower is better, and A where it is below. Intervals are Student's t by the "
    "jackknife over groups of questions that share {shared}, a question that has none being one by "
    "itself; of shares, where each question is 0 or 1, they are Newcombe's for pairs. An interval "
    "on one side of 0 shows a difference; that there are several metrics is not corrected for in "
    "it. p: how likely a difference as large as any of these were there none, of all metrics "
    "together, by flipping the signs of groups; one without an arrow, of which neither way is "
    f"better, is none of them. {TOLD_BY_RULES}"
)
"""``shared``: what the questions of a group have in common."""
SWEEP = (
    "Context sweep: over the questions with evidence alone; n of them, in groups that share no "
    "section. Under each score its paired difference from the line above with its own 95% "
    "interval. Evidence shown: share of them asked with a section "
    "that holds the answer in their context, whole or cut; below it the mean number of sections "
    "shown. A budget is in the embedder's tokens; tokens in and out are the model's, means of "
    "prompt and answer. Seconds are the wall time of padded batches by their size, decoding the "
    "answer included, as a ratio to the first line; tokens and seconds are of all questions. A "
    "larger value is shown to beat another if its paired interval lies above 0. For this, and for "
    "what is not ruled out, the intervals of all larger values cover 95% together (Bonferroni); "
    "that there are several metrics, and values tried one after the other, is not corrected for."
)
ATTRIBUTION = (
    "What each change adds: the difference of two variants that differ in one part alone, on the "
    "same questions, with the paired 95% interval. Model: other weights, or another assistant. "
    "Context: what is shown, and where nothing was shown before, the prompt with a place for it. "
    "Model × context and the like: what two changes add together beyond what each adds alone. What "
    "retrieval misses: what the sections that hold the answer (oracle) add to those retrieved. Use "
    "of the context: what those retrieved add to another question's (misled); use of the evidence: "
    "to those retrieved without it (withheld). These three are of the questions with evidence. n = "
    "60 in 41: 60 questions in 41 groups. That there are several is not corrected for."
)
SLICES = (
    "By slice: held out are frameworks of which no question is in a split that training sees; the "
    "year is that of adoption, and the three up to the newest framework's are the latest. Other "
    "metrics are in comparison.json. One in twenty intervals misses what is so: of as many as "
    "there are here, some do."
)
FEW_QUESTIONS = "few: fewer than {few} questions, which show next to nothing of a slice."
"""``few``: how many."""
OVER_FRAMEWORKS = (
    "Over frameworks: first the mean over questions, below it that of the frameworks' means, each "
    "counted once however many questions it has; then how this differs from the baseline, with "
    "the paired 95% interval, which is of frameworks like these."
)
CLAIMS = (
    "Claims: supported where the whole 95% interval is on the claimed side of what is claimed, "
    "refuted where all of it is on the other, else undecided; of several conditions, all must "
    "hold. A ratio is of the variant's figure to that of what it is set against. So many questions "
    "would decide with a chance of 80%, were the figures as found. n = 60 in 41: 60 questions in "
    "41 groups, of seconds in 41 batches. Intervals reach further than elsewhere where a few "
    "groups pull to one side, since one end decides. Each claim is judged by itself, of the models "
    "and questions of this run: what is refuted here may hold of others."
)


def grouping(groups: int, by: Mapping[str, int]) -> str:
    """How many groups there are, and how many questions each of ``GROUPED`` groups."""
    said = "; ".join(f"{GROUPED[form]} ({count})" for form, count in by.items())
    return f"The {sum(by.values())} questions make {groups} groups, by {said}."
