// What a reader did, as a CSV file to keep.

/** A cell of a CSV file, which no spreadsheet runs as a formula. */
function csvCell(text) {
  const inert = /^[\s\p{Cc}]*[=+\-@＝＋－＠]/u.test(text) ? `'${text}` : text;
  return `"${inert.replaceAll('"', '""')}"`;
}

function csv(rows) {
  return rows.map((row) => row.map(csvCell).join(",")).join("\r\n") + "\r\n";
}

/** Let the browser keep a CSV file of that name. */
function download(name, text) {
  const file = new Blob([text], { type: "text/csv" });
  const link = element("a", { href: URL.createObjectURL(file), download: name });
  link.click();
  URL.revokeObjectURL(link.href);
}
