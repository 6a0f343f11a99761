/* The order path of the public API as pages use it. An answer is {ok, status, data}. */

async function answer(response) {
  const data = response.headers.get("content-type")?.includes("json") ? await response.json() : {};
  return { ok: response.ok, status: response.status, data };
}

/** Places an order; the same client_order_id again is answered with the first result. */
export async function placeOrder(order) {
  return answer(
    await fetch("/api/v1/orders", {
      method: "POST",
      headers: { "Content-Type": "application/json" },
      body: JSON.stringify(order),
    }),
  );
}

export async function cancelOrder(orderId) {
  return answer(await fetch(`/api/v1/orders/${orderId}`, { method: "DELETE" }));
}

/** The message of a problem in the page's language. */
export function problemText(problem, key = "message") {
  const texts = problem[key];
  if (!texts) return key === "message" ? problem.title || "" : "";
  return document.documentElement.lang.startsWith("zh") ? texts.zh : texts.en;
}
