// Files of conversions as PRODUCT.md section 6 describes them, and what they have to earn, added up here a second time:
// in whole pence and without a line of the product's code.
import { existsSync, readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { generate } from './generate';
import { ROOT } from './house';

const REAL = resolve(ROOT, process.env.PARTNERDESK_TEST_CONVERSIONS ?? '../shared/data/conversions-orders-2010-12_2011-05.csv');
export const HEAD = 'event_id,event,order_id,partner,offer,occurred_at,amount,currency,reason';

/** The real file where it lies beside the clone, else one like it; lines without the head, by time. */
export function conversions(): string[] {
  const text = existsSync(REAL) ? readFileSync(REAL, 'utf8') : generate();
  const [head, ...lines] = text.trimEnd().split('\n');
  if (head !== HEAD) throw new Error(`unexpected columns: ${head}`);
  return lines;
}

export interface Order {
  id: string;
  offer: string;
  at: Date;
  /** Pence of the sale, and of it what was given back. */
  amount: number;
  refunded: number;
}

/** One partner's orders with what was given back of each. */
export function ordersOf(partner: string, lines: readonly string[]): Order[] {
  const orders = new Map<string, Order>();
  for (const line of lines) {
    const [, event, id, whose, offer, at, amount] = line.split(',') as [string, string, string, string, string, string, string];
    if (whose !== partner) continue;
    const order = orders.get(id);
    if (event === 'sale') orders.set(id, { id, offer, at: new Date(at), amount: pence(amount), refunded: 0 });
    else if (event === 'refund' && order) order.refunded += pence(amount);
    else throw new Error(`this test can't add up: ${line}`);
  }
  return [...orders.values()];
}

/** `12.5` and `12.50` are 1250. */
export function pence(text: string): number {
  const match = /^(-?)(\d+)(?:\.(\d{1,2}))?$/.exec(text);
  if (!match) throw new Error(`not an amount: ${text}`);
  const value = Number(match[2]) * 100 + Number((match[3] ?? '').padEnd(2, '0'));
  return match[1] ? -value : value;
}

/** A whole percentage of an amount in pence, rounded half away from zero. */
export function percentOf(amount: number, percent: number): number {
  return Math.sign(amount) * Math.floor((Math.abs(amount) * percent + 50) / 100);
}

export interface Earned {
  /** Before anything was given back. */
  whole: number;
  pending: number;
  payable: number;
}

/** What orders earn by a moment, at a rate (percent) that goes by the order's time, payable thirty days after it. */
export function earned(orders: readonly Order[], rate: (at: Date) => number, now: Date): Earned {
  const sum: Earned = { whole: 0, pending: 0, payable: 0 };
  for (const order of orders) {
    const left = percentOf(order.amount - order.refunded, rate(order.at));
    sum.whole += percentOf(order.amount, rate(order.at));
    if (order.at.getTime() + 30 * 24 * 3600_000 <= now.getTime()) sum.payable += left;
    else sum.pending += left;
  }
  return sum;
}

/** 123450 is `£1,234.50`. */
export function pounds(amount: number): string {
  const whole = Math.floor(Math.abs(amount) / 100).toString().replace(/\B(?=(\d{3})+$)/g, ',');
  return `${amount < 0 ? '-' : ''}£${whole}.${(Math.abs(amount) % 100).toString().padStart(2, '0')}`;
}

/** 123450 is `1234.50`, as forms and `<data>` write it. */
export function plain(amount: number): string {
  return (amount / 100).toFixed(2);
}
