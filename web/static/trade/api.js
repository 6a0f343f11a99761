/*
 * Reading from /api/v1. Every problem+json answer becomes a Refused with its code and both texts.
 */

import { Refused } from "./socket.js";

const BASE = "/api/v1";

/** GET `path` with query fields; the JSON body, or a rejection with Refused. */
export async function read(path, query = {}) {
  const search = new URLSearchParams(Object.entries(query).filter(([, value]) => value !== undefined));
  const address = `${BASE}${path}${search.size ? `?${search}` : ""}`;
  let response;
  try {
    response = await fetch(address, { headers: { Accept: "application/json" }, credentials: "same-origin" });
  } catch {
    throw new Refused("not_connected", {
      zh: "暂时连不上交易所。",
      en: "The exchange cannot be reached at the moment.",
    });
  }
  if (response.ok) return response.json();
  const problem = await response.json().catch(() => ({}));
  throw new Refused(problem.code ?? `http_${response.status}`, problem.message ?? {
    zh: `交易所答复 ${response.status}。`,
    en: `The exchange answered ${response.status}.`,
  });
}
