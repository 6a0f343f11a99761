/* Every page: menus that close, preferences that take effect at once, dialogs, toasts. */

const root = document.documentElement;

for (const menu of document.querySelectorAll("[data-menu]")) {
  menu.addEventListener("keydown", (event) => {
    if (event.key === "Escape" && menu.open) {
      menu.open = false;
      menu.querySelector("summary").focus();
    }
  });
}
document.addEventListener("click", (event) => {
  for (const menu of document.querySelectorAll("[data-menu][open]")) {
    if (!menu.contains(event.target)) menu.open = false;
  }
});

for (const form of document.querySelectorAll("[data-preferences]")) {
  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    const button = event.submitter;
    const body = new FormData(form);
    body.set(button.name, button.value);
    root.dataset[button.name] = button.value;
    for (const other of form.querySelectorAll(`button[name="${button.name}"]`)) {
      other.setAttribute("aria-pressed", String(other === button));
    }
    root.dispatchEvent(new CustomEvent("jinguo:look"));
    await fetch(form.action, { method: "POST", body, redirect: "manual" });
  });
}

/* What data-refresh names an address for is fetched anew each minute while somebody looks at the page. */
for (const part of document.querySelectorAll("[data-refresh]")) {
  setInterval(async () => {
    if (document.hidden) return;
    const answer = await fetch(part.dataset.refresh).catch(() => null);
    if (answer?.ok) part.innerHTML = await answer.text();
  }, 60_000);
}

/* A button with data-dialog="id" opens the dialog of that id; data-close closes the one it is in. */
document.addEventListener("click", (event) => {
  const opener = event.target.closest("[data-dialog]");
  if (opener) {
    const dialog = document.getElementById(opener.dataset.dialog);
    for (const [name, value] of Object.entries(opener.dataset)) {
      if (!name.startsWith("fill")) continue;
      const key = name.slice(4).toLowerCase();
      for (const target of dialog.querySelectorAll(`[data-slot="${key}"]`)) {
        if ("value" in target && target.tagName !== "LI") target.value = value;
        else target.textContent = value;
      }
    }
    dialog.showModal();
    return;
  }
  const closer = event.target.closest("[data-close]");
  if (closer) closer.closest("dialog").close();
});

/* A file input behind a button of ours, which the browser would label in its own language. */
for (const field of document.querySelectorAll("[data-file-field]")) {
  const input = field.querySelector("input");
  const name = field.querySelector("[data-chosen]");
  const none = name.textContent;
  const many = field.querySelector("[data-many]").dataset.many;
  const show = () => {
    const { files } = input;
    if (files.length === 0) name.textContent = none;
    else name.textContent = files.length === 1 ? files[0].name : many.replace("{n}", String(files.length));
  };
  input.addEventListener("change", show);
  input.form?.addEventListener("reset", () => setTimeout(show));
  field.classList.add("file-field--ready");
  show();
}

/* A form is sent once; a second press while it is under way does nothing. */
document.addEventListener("submit", (event) => {
  if (event.defaultPrevented || event.target.method !== "post") return;
  if (event.target.dataset.sent) {
    event.preventDefault();
    return;
  }
  event.target.dataset.sent = "yes";
});
addEventListener("pageshow", () => {
  for (const form of document.querySelectorAll("form[data-sent]")) delete form.dataset.sent;
});

/* On a phone the row of tabs scrolls: the page one is on is in sight. */
for (const tab of document.querySelectorAll('.tabs a[aria-current="page"]')) {
  tab.scrollIntoView({ block: "nearest", inline: "center" });
}

document.addEventListener("change", (event) => {
  if (event.target.closest("[data-autosubmit]")) event.target.form.requestSubmit();
});

for (const button of document.querySelectorAll("[data-print]")) {
  button.addEventListener("click", () => print());
}

/** Shows a short message; kind is ok, info, warn or danger. */
export function toast(text, kind = "info") {
  const note = document.createElement("div");
  note.className = `notice notice--${kind}`;
  const line = document.createElement("p");
  line.textContent = text;
  note.append(line);
  document.getElementById("toasts").append(note);
  setTimeout(() => note.remove(), 6000);
}
