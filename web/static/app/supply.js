/* The supply and demand forms: yuan per kg beside yuan per jin, and only the fields that matter. Works without. */

for (const input of document.querySelectorAll("[data-jin]")) {
  const help = input.closest(".field").querySelector("[data-jin-help]");
  const show = () => {
    const typed = /^\d{1,4}(\.\d{1,3})?$/.test(input.value.trim());
    help.hidden = !typed;
    if (typed) help.querySelector("strong").textContent = (Number(input.value) * 2).toFixed(2);
  };
  input.addEventListener("input", show);
  show();
}

const form = document.getElementById("supply");
if (form) {
  const product = form.elements.namedItem("product");
  const follow = () => {
    document.getElementById("own-spec").hidden = product.value !== "";
    const side = form.elements.namedItem("side").value;
    const buying = side === "buy";
    document.getElementById("receipt-field").hidden = buying;
    if (buying) form.elements.namedItem("receipt").value = "";
  };
  form.addEventListener("change", follow);
  follow();
}
