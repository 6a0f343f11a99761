/*
 * The keys of a trading desk. One table says which key does what; the help dialog shows the same keys.
 *
 * B and S are also first letters of pinyin. They act at once, but when another letter follows within
 * half a second the two together open the search and the side goes back to what it was.
 */

import { dialogOpen } from "./dialogs.js";
import { isTyping } from "./dom.js";

const SECOND_LETTER_MS = 500;

export class Keyboard {
  #actions;
  #letter = null;

  /**
   * `actions`: search(text), setSide(side), side(), send(), escape(), nudge(±1), step(±1), view(), period(),
   * facts(), help(), cancelAll().
   */
  constructor(actions) {
    this.#actions = actions;
    document.addEventListener("keydown", (event) => this.#pressed(event));
  }

  #pressed(event) {
    if (event.isComposing || event.altKey) return;
    if ((event.ctrlKey || event.metaKey) && event.key === "Enter") this.#do(event, () => this.#actions.send());
    else if (event.ctrlKey || event.metaKey) return;
    else if (this.#anywhere(event)) return;
    else if (dialogOpen()) return;
    else if (isTyping(event.target)) this.#inField(event);
    else this.#free(event);
  }

  /** Function keys work wherever the focus is. */
  #anywhere(event) {
    const acts = { F5: "view", F8: "period", F10: "facts" };
    const name = acts[event.key];
    if (!name || dialogOpen()) return false;
    this.#do(event, () => this.#actions[name]());
    return true;
  }

  #inField(event) {
    if (event.key === "Escape") this.#do(event, () => this.#actions.escape());
    else if (event.target.closest("#ticket")) this.#arrows(event, "ArrowUp", "ArrowDown", "nudge");
  }

  #arrows(event, plus, minus, action) {
    const direction = { [plus]: 1, [minus]: -1 }[event.key];
    if (direction) this.#do(event, () => this.#actions[action](direction));
    return Boolean(direction);
  }

  #free(event) {
    if (event.target.closest?.('[role="tablist"], [role="listbox"], summary')) {
      if (event.key.startsWith("Arrow")) return;
    }
    if (this.#arrows(event, "ArrowUp", "ArrowDown", "nudge")) return;
    if (this.#arrows(event, "PageDown", "PageUp", "step")) return;
    if (event.key === "Escape") this.#do(event, () => this.#actions.escape());
    else if (event.key === "?" || event.key === "？") this.#do(event, () => this.#actions.help());
    else if (event.key === "/") this.#do(event, () => this.#actions.search(""));
    else if (event.key === "Delete") this.#do(event, () => this.#actions.cancelAll());
    else if (/^[a-z0-9]$/i.test(event.key)) this.#typed(event);
  }

  #typed(event) {
    const key = event.key.toLowerCase();
    const recent = this.#letter && event.timeStamp - this.#letter.at < SECOND_LETTER_MS ? this.#letter : null;
    this.#letter = null;
    if (recent) {
      this.#do(event, () => {
        this.#actions.setSide(recent.side);
        this.#actions.search(recent.key + event.key);
      });
    } else if (key === "b" || key === "s") {
      this.#letter = { key: event.key, at: event.timeStamp, side: this.#actions.side() };
      this.#do(event, () => this.#actions.setSide(key === "b" ? "buy" : "sell"));
    } else this.#do(event, () => this.#actions.search(event.key));
  }

  #do(event, act) {
    event.preventDefault();
    act();
  }
}
