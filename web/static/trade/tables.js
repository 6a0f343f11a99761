/*
 * Tables that stay still while their content lives: a row is found again by its key, a cell is written
 * only when its text changed, so nothing flickers and a pressed button stays pressed.
 */

import { element, setText } from "./dom.js";

export class LiveTable {
  #body;
  #empty;
  #columns;
  #key;
  #rows = new Map();

  /**
   * `columns`: [{title, text(row) | build(row), numeric?, direction?(row), wide?}]; `key(row)` names a row.
   */
  constructor(holder, columns, key) {
    this.#columns = columns;
    this.#key = key;
    this.#body = element("tbody");
    this.#empty = element("p", { class: "panel__empty" });
    const heads = columns.map((column) => element(
      "th", { scope: "col", class: column.numeric ? "num" : "" }, column.title,
    ));
    holder.replaceChildren(
      element("table", { class: "grid-table" }, element("thead", {}, element("tr", {}, ...heads)), this.#body),
      this.#empty,
    );
  }

  /** Show `rows` in this order; `emptyText` when there are none. */
  draw(rows, emptyText) {
    const kept = new Map();
    let place = this.#body.firstElementChild;
    for (const row of rows) {
      const key = String(this.#key(row));
      const line = this.#rows.get(key) ?? this.#line(key);
      this.#write(line, row);
      kept.set(key, line);
      if (line.tr !== place) this.#body.insertBefore(line.tr, place);
      else place = place.nextElementSibling;
    }
    for (const [key, line] of this.#rows) if (!kept.has(key)) line.tr.remove();
    this.#rows = kept;
    this.#empty.hidden = rows.length > 0;
    setText(this.#empty, emptyText);
  }

  #line(key) {
    const cells = this.#columns.map((column) => element(
      "td", { class: column.numeric ? "num" : "", "data-label": column.title },
    ));
    return { tr: element("tr", { "data-key": key }, ...cells), cells, row: null };
  }

  #write(line, row) {
    this.#columns.forEach((column, index) => {
      const cell = line.cells[index];
      if (column.build) {
        const mark = column.changes(row);
        if (cell.dataset.mark !== mark) {
          cell.dataset.mark = mark;
          cell.replaceChildren(...column.build(row));
        }
      } else setText(cell, column.text(row));
      if (column.direction) cell.dataset.side = column.direction(row);
    });
  }
}
