/* What is left until a deadline: <span data-countdown="epoch ns" data-day="天">, each second. The page says the
   deadline itself, so a clock that runs differently misleads nobody for long. */

const NS_PER_MS = 1_000_000;
const DAY_S = 86_400;

const part = (value) => String(value).padStart(2, "0");

function left(until, day) {
  const seconds = Math.max(0, Math.floor((until - Date.now()) / 1000));
  const days = Math.floor(seconds / DAY_S);
  const rest = seconds % DAY_S;
  const clock = `${part(Math.floor(rest / 3600))}:${part(Math.floor((rest % 3600) / 60))}:${part(rest % 60)}`;
  return days ? `${days} ${day} ${clock}` : clock;
}

function show() {
  for (const node of document.querySelectorAll("[data-countdown]")) {
    node.textContent = left(Number(node.dataset.countdown) / NS_PER_MS, node.dataset.day);
  }
}

setInterval(show, 1000);
show();
