/* Photographs: large on a tap, and made smaller before they are sent. Without this they open as a page of
   their own, and are sent as they are; the server makes them smaller and bare anyway. */

const view = document.getElementById("photo-view");
const links = [...document.querySelectorAll("[data-photo]")];
let at = 0;

function show(index) {
  at = (index + links.length) % links.length;
  const image = view.querySelector(".photo-view__image");
  image.src = links[at].href;
  image.alt = links[at].getAttribute("aria-label");
  view.querySelector(".photo-view__text").textContent = image.alt;
  for (const button of view.querySelectorAll("[data-step]")) button.hidden = links.length < 2;
  if (!view.open) view.showModal();
}

if (view) {
  document.addEventListener("click", (event) => {
    const link = event.target.closest("[data-photo]");
    if (link && !event.ctrlKey && !event.metaKey && !event.shiftKey) {
      event.preventDefault();
      show(links.indexOf(link));
    }
  });
  view.addEventListener("click", (event) => {
    const button = event.target.closest("[data-step]");
    if (button) show(at + Number(button.dataset.step));
    else if (event.target === view) view.close();
  });
  view.addEventListener("keydown", (event) => {
    if (event.key === "ArrowRight") show(at + 1);
    if (event.key === "ArrowLeft") show(at - 1);
  });
}

const LONGEST_SIDE = 2048;
const SMALL_BYTES = 1_500_000;
const MOST = 10;
const MOST_BYTES = 24_000_000;

/** The file, or a smaller JPEG of it; the file itself when this browser cannot read it. */
async function smaller(file) {
  if (file.size <= SMALL_BYTES) return file;
  try {
    const picture = await createImageBitmap(file);
    const scale = Math.min(1, LONGEST_SIDE / Math.max(picture.width, picture.height));
    const canvas = document.createElement("canvas");
    canvas.width = Math.round(picture.width * scale);
    canvas.height = Math.round(picture.height * scale);
    canvas.getContext("2d").drawImage(picture, 0, 0, canvas.width, canvas.height);
    picture.close();
    const blob = await new Promise((made) => canvas.toBlob(made, "image/jpeg", 0.88));
    const name = `${file.name.replace(/\.\w+$/, "")}.jpg`;
    return blob && blob.size < file.size ? new File([blob], name, { type: "image/jpeg" }) : file;
  } catch {
    return file;
  }
}

for (const group of document.querySelectorAll("[data-photo-inputs]")) {
  const inputs = [...group.querySelectorAll("input[type=file]")];
  const line = group.querySelector("[data-count]");
  const plain = line.textContent;
  const send = group.closest("form").querySelector("button[type=submit]");
  group.addEventListener("change", async (event) => {
    send.disabled = true;
    const files = await Promise.all([...event.target.files].map(smaller));
    const kept = new DataTransfer();
    for (const file of files) kept.items.add(file);
    event.target.files = kept.files;
    const all = inputs.flatMap((input) => [...input.files]);
    const bytes = all.reduce((sum, file) => sum + file.size, 0);
    const fits = all.length <= MOST && bytes <= MOST_BYTES;
    const said = group.dataset.chosen.replace("{n}", all.length).replace("{mb}", (bytes / 1e6).toFixed(1));
    line.textContent = all.length === 0 ? plain : fits ? said : group.dataset.much;
    send.disabled = !fits;
  });
}
