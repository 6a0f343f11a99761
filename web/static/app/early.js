/* A press on a button whose script has not arrived yet is not lost: it is kept, and done when the script is there.

   The only script that stands in the way of the page, and so a small one; all others are modules, and
   DOMContentLoaded comes when they have run. */

(() => {
  let kept = null;
  const keep = (event) => {
    const button = event.target.closest("[data-dialog], [data-act], [data-counter], [data-cancel]");
    if (!button) return;
    if (kept) kept.removeAttribute("aria-busy");
    kept = button;
    kept.setAttribute("aria-busy", "true");
  };
  document.addEventListener("click", keep, true);
  document.addEventListener("DOMContentLoaded", () => {
    document.removeEventListener("click", keep, true);
    if (!kept) return;
    kept.removeAttribute("aria-busy");
    if (!document.querySelector("dialog[open]")) kept.click();
  });
})();
