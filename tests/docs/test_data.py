"""The sample of questions that is documented is imported as it stands."""

from pathlib import Path

from tasks.importing.importer import import_data
from tests.documents import write_docx, write_pdf
from tests.tasks.folders import rows_of

PAGE = Path(__file__).parents[2] / "docs" / "data.md"


def test_the_documented_questions_are_imported_whole(tmp_path: Path) -> None:
    source = tmp_path / "documents"
    source.mkdir()
    hives = "## Article 2 Hive distance\n40 metres.\n## Article 3 Register\nThe office.\n"
    kites = "## 1. Strings\nLong.\n## 2. Kite line\n60 metres.\n## 3. Hours\nNot at night.\n"
    (source / "beehives.md").write_text(f"# Hives\n{hives}")
    (source / "kites.md").write_text(f"# Kites\n{kites}")
    write_docx(source / "ovens.docx", [("h1", "Ovens"), ("p", "Every 18 months.")])
    depth = [("h1", "Wells"), ("h2", "Section 2 Depth"), ("p", "15 metres.")]
    pages = [depth, [("p", "More.")], [("h2", "Section 7 Register"), ("p", "40 a year.")]]
    write_pdf(source / "wells.pdf", pages)
    (sample,) = PAGE.read_text(encoding="utf-8").split("```csv\n")[1:]
    text = sample.split("```")[0]
    (source / "questions.csv").write_text(text)
    summary = import_data(source, tmp_path / "data")
    assert summary["not taken"] == []
    assert summary["questions"]["taken"] == len(text.splitlines()) - 1
    assert summary["questions"]["unanswerable without answer"] == 1
    evidence = [row["evidence"] for row in rows_of(tmp_path / "data")]
    assert evidence[3:5] == [["kites/2.-kite-line"], ["kites/1.-strings", "kites/3.-hours"]]
    assert evidence[5] == ["wells#page=3"]
