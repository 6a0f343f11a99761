/* What a member does in the halls, over the public API. The same client id again is answered, not done twice. */

/** An id no other wish of this member has. */
export function newId(prefix) {
  const bytes = crypto.getRandomValues(new Uint8Array(12));
  return `${prefix}-${[...bytes].map((byte) => byte.toString(16).padStart(2, "0")).join("")}`;
}

/** {ok, status, data}. Throws when the exchange cannot be reached: send again with the same id. */
export async function send(method, path, body, key) {
  const headers = { "Content-Type": "application/json" };
  if (key) headers["Idempotency-Key"] = key;
  const response = await fetch(`/api/v1/${path}`, { method, headers, body: body ? JSON.stringify(body) : undefined });
  const json = response.headers.get("content-type")?.includes("json");
  return { ok: response.ok, status: response.status, data: json ? await response.json() : {} };
}

/** What a problem says and what to do, in the page's language. */
export function problemLines(problem) {
  const language = document.documentElement.lang.startsWith("zh") ? "zh" : "en";
  return [problem.message?.[language] || problem.title || "", problem.hint?.[language] || ""];
}
