// A file like the real one, for clones that have none beside them: the same every time.

const PARTNERS = 40;
const ORDERS = 1500;
const FIRST = Date.UTC(2010, 11, 1, 8);
const DAYS = 182;
const MINUTE = 60_000;
const OFFERS = ['giftware-uk', 'giftware-uk', 'giftware-uk', 'giftware-eu', 'giftware-row'];

/** Numbers that look random and repeat: xorshift (Marsaglia 2003). */
function chance(seed: number): (limit: number) => number {
  let state = seed;
  return (limit) => {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    return (state >>> 0) % limit;
  };
}

/** Half a year of orders and refunds of forty partners, P201 to P240, among them P222; sorted by time. */
export function generate(): string {
  const below = chance(0x5eed);
  const events: { at: number; line: string }[] = [];
  const add = (at: number, parts: readonly string[]) => events.push({ at, line: parts.join(',') });
  for (let index = 0; index < ORDERS; index += 1) {
    const order = String(600_000 + index);
    const partner = `P${201 + below(PARTNERS)}`;
    const offer = OFFERS[below(OFFERS.length)] ?? 'giftware-uk';
    const at = FIRST + below(DAYS * 24 * 60) * MINUTE;
    // Two draws multiplied: many small orders, few large ones.
    const pence = 100 + Math.floor((60_000 * below(1000) * below(1000)) / 1_000_000);
    add(at, [`S${order}`, 'sale', order, partner, offer, moment(at), amount(pence), 'GBP', '']);
    let left = pence;
    for (let part = 0; part < 2 && below(6) === 0; part += 1) {
      const back = below(3) === 0 ? left : Math.max(1, Math.floor(left / 3));
      left -= back;
      const when = at + (1 + below(40 * 24)) * 60 * MINUTE;
      const id = `R${order}-${part}`;
      add(when, [id, 'refund', order, partner, offer, moment(when), amount(back), 'GBP', 'order_cancelled']);
      if (left === 0) break;
    }
  }
  events.sort((one, other) => one.at - other.at || (one.line < other.line ? -1 : 1));
  const head = 'event_id,event,order_id,partner,offer,occurred_at,amount,currency,reason';
  return [head, ...events.map((event) => event.line), ''].join('\n');
}

function moment(at: number): string {
  return new Date(at).toISOString().replace('.000Z', 'Z');
}

function amount(pence: number): string {
  return (pence / 100).toFixed(2);
}
