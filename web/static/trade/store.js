/*
 * What the terminal knows, in one place: parts write fields, other parts redraw when a field they named
 * changes. Many changes between two frames cause one redraw.
 */

export class Store {
  #values;
  #watchers = [];
  #changed = new Set();
  #scheduled = false;

  constructor(initial) {
    this.#values = { ...initial };
  }

  get(field) {
    return this.#values[field];
  }

  /** Write fields; everyone who watches one of them is called once before the next frame. */
  set(changes) {
    for (const [field, value] of Object.entries(changes)) {
      this.#values[field] = value;
      this.#changed.add(field);
    }
    this.#schedule();
  }

  /** Say that a field's inside changed (a Map was written to). */
  touch(field) {
    this.#changed.add(field);
    this.#schedule();
  }

  /** Call `draw(store)` whenever one of `fields` changed. */
  watch(fields, draw) {
    this.#watchers.push({ fields, draw });
  }

  #schedule() {
    if (this.#scheduled) return;
    this.#scheduled = true;
    // A hidden page gets no animation frames; it still has to keep its title and its orders right.
    if (document.hidden) setTimeout(() => this.#flush(), 100);
    else requestAnimationFrame(() => this.#flush());
  }

  #flush() {
    this.#scheduled = false;
    const changed = this.#changed;
    this.#changed = new Set();
    for (const { fields, draw } of this.#watchers) {
      if (fields.some((field) => changed.has(field))) draw(this);
    }
  }
}
