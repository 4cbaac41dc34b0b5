"""Real documents of every kind we read, made on the spot."""

from pathlib import Path

FONTS = "mpl-data/fonts/ttf"


def write_pdf(path: Path, pages: list[list[tuple[str, str]]], **encryption: str) -> Path:
    """A PDF of ``(style, text)`` lines a page; styles are h1, h2, p, row (cells between ``|``).

    The font covers Arabic and Hebrew; matplotlib, which a metric needs, brings it.
    """
    import matplotlib as mpl
    from fpdf import FPDF

    fonts = Path(mpl.__file__).parent / FONTS
    pdf = FPDF()
    pdf.add_font("sans", "", str(fonts / "DejaVuSans.ttf"))
    pdf.add_font("sans", "B", str(fonts / "DejaVuSans-Bold.ttf"))
    for lines in pages:
        pdf.add_page()
        for style, text in lines:
            size = {"h1": 18, "h2": 14}.get(style, 11)
            # Arabic needs it; with it, PDFium parts the letters of a very short Latin text.
            pdf.set_text_shaping(not text.isascii())
            pdf.set_font("sans", "B" if style in ("h1", "h2") else "", size)
            if style == "row":
                for cell in text.split("|"):
                    pdf.cell(50, 7, cell, border=1)
                pdf.ln()
            else:
                pdf.multi_cell(0, size / 2, text, new_x="LMARGIN", new_y="NEXT")
    if encryption:
        pdf.set_encryption(**encryption)
    pdf.output(str(path))
    return path


def write_scan(path: Path) -> Path:
    """A PDF whose one page is a picture."""
    from fpdf import FPDF
    from PIL import Image

    pdf = FPDF()
    pdf.add_page()
    pdf.image(Image.new("RGB", (200, 200), "grey"), w=100)
    pdf.output(str(path))
    return path


def write_docx(path: Path, lines: list[tuple[str, str]]) -> Path:
    """A Word file of the same lines."""
    from docx import Document

    document = Document()
    for style, text in lines:
        if style == "row":
            cells = text.split("|")
            table = document.add_table(rows=1, cols=len(cells))
            for cell, content in zip(table.rows[0].cells, cells, strict=True):
                cell.text = content
        elif style == "p":
            document.add_paragraph(text)
        else:
            document.add_heading(text, level=int(style[1]))
    document.save(str(path))
    return path


def write_html(path: Path, lines: list[tuple[str, str]], encoding: str = "utf-8") -> Path:
    """A page of the same lines, with navigation and scripts around them."""
    parts = [
        f'<html><head><meta charset="{encoding}"><title>Not this</title></head><body>',
        "<nav><a href='/'>Home page</a></nav><script>alert('script text')</script>",
    ]
    for style, text in lines:
        if style == "row":
            cells = "".join(f"<td>{cell}</td>" for cell in text.split("|"))
            parts.append(f"<table><tr>{cells}</tr></table>")
        else:
            parts.append(f"<{style}>{text}</{style}>")
    path.write_bytes("\n".join([*parts, "</body></html>"]).encode(encoding))
    return path


def write_markdown(path: Path, lines: list[tuple[str, str]]) -> Path:
    """A Markdown file of the same lines."""
    marks = {"h1": "# ", "h2": "## ", "p": ""}
    path.write_text("\n\n".join(marks[style] + text for style, text in lines), encoding="utf-8")
    return path


def write_text(path: Path, lines: list[tuple[str, str]], encoding: str = "utf-8") -> Path:
    """A text file of the same lines: headings are what their own words make one."""
    path.write_bytes("\n\n".join(text for _, text in lines).encode(encoding))
    return path
