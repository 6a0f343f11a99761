/* 送拍: only the parameters of the chosen kind are asked for. */

const form = document.getElementById("lot-terms");

function show() {
  const kind = form.elements.kind.value;
  for (const field of form.querySelectorAll("[data-kinds]")) {
    const wanted = field.dataset.kinds.split(" ").includes(kind);
    field.hidden = !wanted;
    for (const input of field.querySelectorAll("input, select")) input.disabled = !wanted;
  }
}

form.addEventListener("change", show);
addEventListener("pageshow", show);
show();
