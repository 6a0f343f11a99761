/*
 * Tabs as assistive technology expects them, and the same mechanism for the views of the phone.
 */

/** Make a tablist work: click and arrow keys; `onShow(name)` tells which panel is in front. */
export function makeTabs(list, onShow) {
  const tabs = [...list.querySelectorAll('[role="tab"]')];
  const show = (name, focus = false) => {
    for (const tab of tabs) {
      const selected = tab.dataset.tab === name;
      tab.setAttribute("aria-selected", String(selected));
      tab.tabIndex = selected ? 0 : -1;
      const panel = document.getElementById(tab.getAttribute("aria-controls"));
      if (panel) panel.hidden = !selected;
      if (selected && focus) tab.focus();
    }
    onShow(name);
  };
  for (const tab of tabs) tab.addEventListener("click", () => show(tab.dataset.tab));
  list.addEventListener("keydown", (event) => {
    const offset = { ArrowRight: 1, ArrowLeft: -1 }[event.key];
    if (!offset) return;
    event.preventDefault();
    const index = tabs.findIndex((tab) => tab.getAttribute("aria-selected") === "true");
    show(tabs[(index + offset + tabs.length) % tabs.length].dataset.tab, true);
  });
  return show;
}
