
"use strict";
// Sorting and filtering of the table; the pictures follow. The state is in the address after #, so that a link shows the same:
// #sort=standard_length&order=descending&find=Ito&quality=bad&voided=hide
(() => {
  const table = document.getElementById("records");
  if (!table) return;
  const body = table.tBodies[0];
  const heads = [...table.tHead.rows[0].cells];
  const rows = [...body.rows];
  const gallery = document.getElementById("gallery");
  const figures = new Map([...gallery.children].map((figure) => [figure.dataset.number, figure]));
  const form = document.getElementById("filter");
  const find = document.getElementById("find");
  const verdict = document.getElementById("verdict");
  const valid = document.getElementById("valid");
  const shown = document.getElementById("shown");
  const compare = new Intl.Collator("en", { numeric: true }).compare;
  const texts = new Map();
  let sorted = { key: "saved", descending: false };

  const textOf = (row) => {
    if (!texts.has(row)) texts.set(row, row.textContent.toLowerCase());
    return texts.get(row);
  };

  // What a cell is sorted by: its number, else its text; nothing where it is empty or its number is in another unit.
  const valueOf = (row, column, numeric) => {
    const cell = row.cells[column];
    if (!cell) return null;
    if (numeric) return cell.dataset.sort === undefined ? null : Number(cell.dataset.sort);
    return cell.textContent.trim() || null;
  };

  const sort = (key, descending) => {
    const column = heads.findIndex((head) => head.dataset.key === key);
    if (column < 0) return;
    const numeric = rows.some((row) => row.cells[column]?.dataset.sort !== undefined);
    const keyed = rows.map((row) => ({ row, value: valueOf(row, column, numeric) }));
    keyed.sort((a, b) => {
      // Rows without a value come last, whatever the order.
      if (a.value === null || b.value === null) return (a.value === null) - (b.value === null);
      const order = numeric ? a.value - b.value : compare(a.value, b.value);
      return descending ? -order : order;
    });
    body.append(...keyed.map(({ row }) => row));
    gallery.append(...keyed.map(({ row }) => figures.get(row.dataset.number)).filter(Boolean));
    for (const head of heads) head.removeAttribute("aria-sort");
    heads[column].setAttribute("aria-sort", descending ? "descending" : "ascending");
    sorted = { key, descending };
  };

  const filter = () => {
    const wanted = find.value.trim().toLowerCase();
    let count = 0;
    for (const row of rows) {
      const hide = (wanted && !textOf(row).includes(wanted))
        || (verdict.value && row.dataset.verdict !== verdict.value)
        || (valid?.checked && row.classList.contains("voided"));
      row.hidden = Boolean(hide);
      const figure = figures.get(row.dataset.number);
      if (figure) figure.hidden = row.hidden;
      if (!hide) count += 1;
    }
    const all = rows.length === 1 ? "1 record" : `${rows.length} records`;
    shown.value = count === rows.length ? all : `${count} of ${all}`;
  };

  const remember = () => {
    const state = new URLSearchParams();
    if (sorted.key !== "saved" || sorted.descending) {
      state.set("sort", sorted.key);
      if (sorted.descending) state.set("order", "descending");
    }
    if (find.value) state.set("find", find.value);
    if (verdict.value) state.set("quality", verdict.value);
    if (valid?.checked) state.set("voided", "hide");
    // An empty address keeps the page where it is.
    history.replaceState(null, "", `#${state}`);
  };

  const recall = () => {
    const state = new URLSearchParams(location.hash.slice(1));
    const known = ["sort", "find", "quality", "voided"].some((key) => state.has(key));
    // Other addresses lead to places in the page.
    if (!known) return;
    find.value = state.get("find") ?? "";
    verdict.value = state.get("quality") ?? "";
    if (valid) valid.checked = state.get("voided") === "hide";
    filter();
    sort(state.get("sort") ?? "saved", state.get("order") === "descending");
  };

  for (const head of heads) {
    const button = document.createElement("button");
    button.type = "button";
    button.append(...head.childNodes);
    head.append(button);
    button.addEventListener("click", () => {
      const { key } = head.dataset;
      sort(key, sorted.key === key && !sorted.descending);
      remember();
    });
  }
  const filterAndRemember = () => { filter(); remember(); };
  for (const control of [find, verdict, valid]) control?.addEventListener("input", filterAndRemember);
  form.addEventListener("submit", (event) => event.preventDefault());
  form.addEventListener("reset", () => setTimeout(filterAndRemember));
  form.hidden = false;
  addEventListener("hashchange", recall);
  recall();
})();
