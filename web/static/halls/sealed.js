/* Sealed bids that nobody can read, not even the exchange, until they are opened: the browser makes a nonce, hashes
   the bid with it, sends the hash alone, and gives the bidder a file to open the bid with later.

   Hashed are "JGBID1", auction (u64), account (u32), price (i64, fen per kg), kg (i64), all little-endian, and
   16 bytes of nonce; the hash is SHA-256. */

const TAG = "JGBID1";
const NONCE_BYTES = 16;

function hex(bytes) {
  return [...new Uint8Array(bytes)].map((byte) => byte.toString(16).padStart(2, "0")).join("");
}

function bytesOf(text) {
  return Uint8Array.from(text.match(/../g) ?? [], (pair) => Number.parseInt(pair, 16));
}

/** Whether this browser can hash here: it does so on secure pages only. */
export function canSeal() {
  return Boolean(globalThis.crypto?.subtle);
}

/** SHA-256 of a bid in hex. bid: {auction, account, price, kg, nonce}; nonce in hex. */
export async function commitment({ auction, account, price, kg, nonce }) {
  const text = new Uint8Array(TAG.length + 8 + 4 + 8 + 8 + NONCE_BYTES);
  const view = new DataView(text.buffer);
  text.set(new TextEncoder().encode(TAG), 0);
  view.setBigUint64(6, BigInt(auction), true);
  view.setUint32(14, account, true);
  view.setBigInt64(18, BigInt(price), true);
  view.setBigInt64(26, BigInt(kg), true);
  text.set(bytesOf(nonce), 34);
  return hex(await crypto.subtle.digest("SHA-256", text));
}

export function newNonce() {
  return hex(crypto.getRandomValues(new Uint8Array(NONCE_BYTES)));
}

const key = (auction, account) => `jinguo.bid.${auction}.${account}`;

/** Keeps a bid in this browser, beside the file. */
export function keepBid(bid) {
  try {
    localStorage.setItem(key(bid.auction, bid.account), JSON.stringify(bid));
  } catch {
    /* The file remains. */
  }
}

export function keptBid(auction, account) {
  try {
    return JSON.parse(localStorage.getItem(key(auction, account)));
  } catch {
    return null;
  }
}

/** Gives the bidder the file. */
export function saveFile(bid) {
  const link = document.createElement("a");
  link.href = URL.createObjectURL(new Blob([`${JSON.stringify(bid, null, 1)}\n`], { type: "application/json" }));
  link.download = `jinguo-bid-${bid.auction}.json`;
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 10_000);
}

/** The bid in a file the bidder chose, or null when it is none of this auction and account, or not whole. */
export async function bidInFile(file, auction, account) {
  let bid;
  try {
    bid = JSON.parse(await file.text());
  } catch {
    return null;
  }
  const whole =
    bid && bid.auction === auction && bid.account === account && Number.isInteger(bid.price) && Number.isInteger(bid.kg) &&
    /^[0-9a-f]{32}$/.test(bid.nonce);
  return whole && (await commitment(bid)) === bid.hash ? bid : null;
}
