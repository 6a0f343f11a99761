/*
 * Small things the page is made of. Text only ever enters as text, never as markup.
 */

/** The element with this id; a missing one is a mistake in the template, so it is loud. */
export function byId(id) {
  const found = document.getElementById(id);
  if (!found) throw new Error(`no element #${id}`);
  return found;
}

/** A new element: attributes (class, data-…, on… as functions) and children (elements or text). */
export function element(tag, attributes = {}, ...children) {
  const made = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (name.startsWith("on")) made.addEventListener(name.slice(2), value);
    else if (value === true) made.setAttribute(name, "");
    else if (value !== false && value !== null && value !== undefined) made.setAttribute(name, value);
  }
  made.append(...children.filter((child) => child !== null && child !== undefined));
  return made;
}

/** Write text only when it differs: no layout for a number that stayed the same. */
export function setText(target, text) {
  if (target.textContent !== text) target.textContent = text;
}

/** "rise", "fall" or "flat": the word the style sheet colours by; an arrow or a sign always stands beside it. */
export function directionOf(change) {
  return change > 0 ? "rise" : change < 0 ? "fall" : "flat";
}

const NOTICES = 4;

/** A short message for a while, read out by screen readers; kind is ok, info, warn or danger. */
export function notify(text, kind = "info") {
  const note = element("div", { class: `notice notice--${kind}` }, element("p", {}, text));
  const holder = byId("toasts");
  holder.append(note);
  while (holder.childElementCount > NOTICES) holder.firstElementChild.remove();
  setTimeout(() => note.remove(), kind === "danger" ? 9_000 : 5_000);
}

/** Whether the person is typing into a field. */
export function isTyping(target) {
  return target instanceof HTMLElement && (target.matches("input, textarea, select") || target.isContentEditable);
}
