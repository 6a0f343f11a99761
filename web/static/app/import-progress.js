// Follows a file that loads outside the request: its part of the page is fetched anew each second until it is over.

const EVERY_MS = 1000;
const SLOW_MS = 5000;

async function follow() {
  const card = document.querySelector("#import-job");
  const address = card?.dataset.follow;
  if (!address) return;
  let wait = EVERY_MS;
  try {
    const answer = await fetch(address, { headers: { Accept: "text/html" } });
    if (answer.ok) {
      const page = new DOMParser().parseFromString(await answer.text(), "text/html");
      const next = page.querySelector("#import-job");
      if (next) card.replaceWith(next);
    } else {
      wait = SLOW_MS;
    }
  } catch {
    wait = SLOW_MS;
  }
  setTimeout(follow, wait);
}

setTimeout(follow, EVERY_MS);
