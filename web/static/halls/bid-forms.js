/* The bidder's forms on the page of an auction: entering, bidding by each kind's rules, sealing and opening. Every
   form says what it commits to before it is sent; in a Dutch auction the press itself is the bid. */

import { fen, kilograms, priceKg, yuan } from "../app/figures.js";
import { toast } from "../app/shell.js";
import { feeFen } from "../trade/estimate.js";
import { done, refuse } from "./act.js";
import { newId, problemLines, send } from "./api.js";
import { leastBid } from "./lot.js";
import { bidInFile, canSeal, commitment, keepBid, keptBid, newNonce, saveFile } from "./sealed.js";

const PRICE = /^\d{1,5}(\.\d{1,2})?$/;
const KG_PER_T = 1000;
const STALE = new Set(["stale_epoch", "stale_clock", "bad_bid", "off_increment"]);

function priceIn(field) {
  const text = field?.value.trim() ?? "";
  return PRICE.test(text) ? fen(text) : null;
}

function kgIn(field) {
  const text = field?.value.replaceAll(",", "").trim() ?? "";
  return /^\d{1,10}$/.test(text) ? Number(text) : null;
}

export class BidForms {
  #price = null;
  #running = false;

  /** lotNow() gives the auction as it is now. */
  constructor(page, lotNow, account) {
    this.page = page;
    this.words = page.dataset;
    this.lotNow = lotNow;
    this.account = account;
    this.notice = page.querySelector("#bid-refused");
    this.#bind("enter", (form) => this.#enter(form));
    this.#bind("bid", (form) => this.#bid(form));
    this.#bind("press", (form) => this.#press(form));
    this.#bind("seal", (form) => this.#seal(form));
    this.#bind("reveal", (form) => this.#reveal(form));
    page.addEventListener("click", (event) => this.#nudge(event));
    page.addEventListener("input", () => this.show());
    const kept = account ? keptBid(lotNow().id, account) : null;
    this.#showKept(kept);
    if (!canSeal()) for (const note of page.querySelectorAll("[data-insecure]")) note.hidden = false;
  }

  #bind(name, act) {
    const form = this.page.querySelector(`form[data-form="${name}"]`);
    if (!form) return;
    for (const button of form.querySelectorAll("[type=submit]")) button.disabled = false;
    form.addEventListener("submit", async (event) => {
      event.preventDefault();
      const button = form.querySelector("[type=submit]");
      button.disabled = true;
      this.#refuse(null);
      try {
        await act(form);
      } catch {
        this.#refuse([this.words.offline, ""]);
      }
      button.disabled = false;
    });
  }

  #refuse(lines) {
    if (this.notice) refuse(this.page, lines);
  }

  /* What the forms say ------------------------------------------------------------------------- */

  /** The Dutch price on the clock; running is false while it stands still between two runs. */
  clockPrice(price, running) {
    if (price === this.#price && running === this.#running) return;
    this.#price = price;
    this.#running = running;
    this.show();
  }

  show() {
    const lot = this.lotNow();
    const least = this.page.querySelector("[data-least]");
    if (least) least.textContent = priceKg(leastBid(lot));
    const price = this.page.querySelector('form[data-form="bid"] [name=price]');
    if (price && !price.dataset.touched) price.value = priceKg(lot.kind === "clock" ? lot.price : leastBid(lot));
    this.#showPress(lot);
    for (const form of this.page.querySelectorAll("form[data-form]")) this.#showSum(form, lot);
  }

  #showPress(lot) {
    const form = this.page.querySelector('form[data-form="press"]');
    if (!form) return;
    const button = form.querySelector("[type=submit]");
    button.querySelector("[data-press-price]").textContent = priceKg(this.#price ?? lot.price);
    button.toggleAttribute("aria-disabled", !this.#running);
  }

  #showSum(form, lot) {
    const place = form.querySelector("[data-form-sum]");
    if (!place) return;
    const kg = kgIn(form.elements.quantity) ?? (form.elements.quantity ? null : lot.leftKg);
    if (form.dataset.form === "enter") {
      const bond = (perT) => Math.ceil((Number(perT) * (kg || lot.kg)) / KG_PER_T);
      place.textContent = yuan(bond(form.dataset.bond) + bond(form.dataset.feeReserve));
      return;
    }
    const price = form.dataset.form === "press" ? this.#price : lot.kind === "clock" ? lot.price : priceIn(form.elements.price);
    if (price === null || kg === null) {
      place.textContent = "—";
      return;
    }
    const amount = price * kg;
    const fee = feeFen(amount, Number(lot.reverse ? this.words.sellerBps : this.words.buyerBps));
    place.textContent = yuan(lot.reverse ? amount - fee : amount + fee);
  }

  #nudge(event) {
    const { nudge, part } = event.target.dataset;
    const form = event.target.closest("form[data-form]");
    if (!form || (!nudge && !part)) return;
    const lot = this.lotNow();
    if (nudge) {
      const field = form.elements.price;
      const at = priceIn(field) ?? leastBid(lot);
      field.value = priceKg(Math.max(1, at + Number(nudge) * (lot.step || 1) * (lot.reverse ? -1 : 1)));
      field.dataset.touched = "";
    }
    if (part) {
      const step = lot.kgStep || 1;
      const most = Math.min(lot.leftKg, Number(form.dataset.most || lot.leftKg));
      form.elements.quantity.value = part === "1" ? most : Math.max(lot.leastKg || step, Math.floor((most * Number(part)) / step) * step);
    }
    this.show();
  }

  /* What they send ----------------------------------------------------------------------------- */

  async #send(path, body, text, reload) {
    const { ok, data } = await send("POST", `auctions/${this.lotNow().id}/${path}`, body);
    if (!ok) {
      this.#refuse(problemLines(data));
      const price = this.page.querySelector('form[data-form="bid"] [name=price]');
      if (STALE.has(data.code) && price) delete price.dataset.touched;
      this.show();
      return { ok, code: data.code };
    }
    if (reload) done(text);
    else toast(text, "ok");
    return { ok };
  }

  async #enter(form) {
    await this.#send("entry", { quantity_kg: kgIn(form.elements.quantity) ?? 0, client_id: newId("enter") }, this.words.entered, true);
  }

  /** A bid binds: it is asked about unless the bidder chose not to be asked on this lot. */
  async #bid(form) {
    const lot = this.lotNow();
    const price = lot.kind === "clock" ? lot.price : priceIn(form.elements.price);
    const kg = form.elements.quantity ? kgIn(form.elements.quantity) : 0;
    const maximum = priceIn(form.elements.maximum);
    if (price === null || kg === null) return;
    if (!form.elements.unasked?.checked && !(await this.#agrees(price, kg || lot.kg))) return;
    const body = { price: priceKg(price), quantity_kg: kg, epoch: lot.epoch, client_id: newId("bid") };
    if (maximum !== null) body.maximum = priceKg(maximum);
    const first = await this.#send("bids", body, this.words.bidTaken);
    if (first.code === "alert_price" && (await this.#agrees(price, kg || lot.kg, this.words.alert))) {
      this.#refuse(null);
      await this.#send("bids", { ...body, beyond_alert: true, client_id: newId("bid") }, this.words.bidTaken);
    }
    if (form.elements.price) delete form.elements.price.dataset.touched;
    this.show();
  }

  async #press(form) {
    const lot = this.lotNow();
    const kg = kgIn(form.elements.quantity);
    if (kg === null || this.#price === null || !this.#running) return;
    const price = this.#price;
    const text = this.words.pressed.replace("{price}", priceKg(price)).replace("{kg}", kilograms(kg));
    await this.#send("bids", { price: priceKg(price), quantity_kg: kg, epoch: lot.epoch, client_id: newId("bid") }, text);
  }

  async #seal(form) {
    const lot = this.lotNow();
    const price = priceIn(form.elements.price);
    const kg = form.elements.quantity ? kgIn(form.elements.quantity) : lot.kg;
    if (price === null || kg === null || !(await this.#agrees(price, kg))) return;
    if (!lot.committed) {
      const whole = form.elements.quantity ? kg : 0;
      await this.#send("bids", { price: priceKg(price), quantity_kg: whole, epoch: lot.epoch, client_id: newId("bid") }, this.words.sealed);
      return;
    }
    const bid = { auction: lot.id, account: this.account, price, kg, nonce: newNonce() };
    bid.hash = await commitment(bid);
    keepBid(bid);
    saveFile(bid);
    this.#showKept(bid);
    await this.#send("commitments", { hash: bid.hash, epoch: lot.epoch, client_id: newId("seal") }, this.words.sealed);
  }

  async #reveal(form) {
    const lot = this.lotNow();
    const file = form.elements.file?.files[0];
    const bid = file ? await bidInFile(file, lot.id, this.account) : keptBid(lot.id, this.account);
    if (!bid) {
      this.#refuse([this.words.notThisBid, ""]);
      return;
    }
    const { ok } = await this.#send(
      "reveals",
      { price: priceKg(bid.price), quantity_kg: bid.kg, nonce: bid.nonce, client_id: newId("open") },
      this.words.revealed,
    );
    if (ok) this.#showKept(bid);
  }

  #showKept(bid) {
    for (const place of this.page.querySelectorAll("[data-kept]")) {
      place.hidden = !bid;
      if (!bid) continue;
      place.querySelector("[data-kept-hash]").textContent = bid.hash;
      place.querySelector("[data-kept-bid]").textContent = `${priceKg(bid.price)} × ${kilograms(bid.kg)}`;
    }
  }

  /** Asks in the #bid-confirm dialog; resolves to whether the bidder agrees. */
  #agrees(price, kg, warning = "") {
    const dialog = document.getElementById("bid-confirm");
    dialog.querySelector("[data-bid]").textContent = `${priceKg(price)} ${this.words.perKg} × ${kilograms(kg)} ${this.words.kg}`;
    const note = dialog.querySelector("[data-warning]");
    note.hidden = !warning;
    note.textContent = warning;
    dialog.returnValue = "";
    dialog.showModal();
    return new Promise((resolve) => {
      dialog.addEventListener("close", () => resolve(dialog.returnValue === "yes"), { once: true });
    });
  }
}
