// The main story, from an empty database to a proved record: what a partner earned, the dispute about it, the answer,
// the better terms, and what came in afterwards under them. Each test goes on where the one before it ended.
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join as path } from 'node:path';
import { HEAD, type Order, conversions, earned, ordersOf, percentOf, plain, pounds } from './support/conversions';
import { AGENT, MEMBER, OTHER_OWNER, OWNER, createOwner, createStaff, invite, join, signIn } from './support/people';
import { type Page, expect, inHouse, test } from './support/test';

const NOW = '2011-04-01T09:00:00Z';
const LATER = '2011-06-20T09:00:00Z';
const PARTNER = 'P222';

const lines = conversions();
const splitAt = '2011-04-01T00:00:00Z';
const until = (line: string) => (line.split(',')[5] ?? '') < splitAt;
const first = lines.filter(until);
const later = lines.filter((line) => !until(line));
const files = mkdtempSync(path(tmpdir(), 'pd-story-'));

function file(name: string, part: readonly string[]): string {
  const written = path(files, name);
  writeFileSync(written, [HEAD, ...part, ''].join('\n'));
  return written;
}

/** Every order of ours up to now, and the one the dispute is about: the largest that is still in hold. */
const before = ordersOf(PARTNER, first);
const disputed: Order = before
  .filter((order) => order.refunded === 0 && order.at.getTime() + 30 * 24 * 3600_000 > Date.parse(NOW))
  .sort((one, other) => other.amount - one.amount)[0]!;

/** What the desk gives. */
const CREDIT = 1234;
const NEW_MINIMUM = 25;
const QUESTION = 'The buyer ordered two boxes and only one of them is here.';
const REPLY = 'Thank you for writing. I have found the second box; it was booked under another name.';
const NOTE = 'Warehouse confirmed by phone. Keep an eye on this advertiser.';
const VERDICT = 'You are right: the second box was yours, and its commission is credited today.';
const HOUSE = 'Within my limit; the advertiser agreed on the phone.';
const LOWER_REASON = 'So that you are paid every month.';
const RATE_REASON = 'P222 brings steady orders with few refunds; ten percent keeps them with us.';
const RATE_REASON_PARTNER = 'Your orders are steady and few come back: from today you earn ten percent.';
const RATE_REASON_HOUSE = 'Margin stays far above the floor.';

/** Where later tests find what earlier ones made. */
let dispute = '';
let commission = '';

test.describe.configure({ mode: 'serial' });
test.afterAll(() => rmSync(files, { recursive: true, force: true }));

inHouse(NOW, async (house) => {
  await createOwner(house, OWNER);
  await createOwner(house, OTHER_OWNER);
  await createStaff(house, AGENT, 'agent');
  await house.run(
    ['programme', 'create', 'giftware', '--currency', 'GBP', '--rate', '8', '--minimum', '50', '--hold-days', '30'],
  );
  for (const offer of new Set(lines.map((line) => line.split(',')[4]!))) {
    await house.run(['offer', 'create', 'giftware', offer, '--revenue', '25']);
  }
  const imported = ['import', 'conversions', file('first.csv', first), '--programme', 'giftware', '--create-partners'];
  const { stdout } = await house.run(imported);
  expect(JSON.parse(stdout)).toMatchObject({ rows: first.length, accepted: first.length, duplicates: 0, rejected: 0 });
  // The same file again changes nothing.
  const again = await house.run(imported);
  expect(JSON.parse(again.stdout)).toMatchObject({ accepted: 0, duplicates: first.length, rejected: 0 });
  await house.run(['commissions', 'release']);
});

test('a partner accepts the invitation and finds every penny @phone @plain', async ({ page, house }) => {
  await join(page, await invite(house, 'giftware', PARTNER, MEMBER), MEMBER);
  const sum = earned(before, () => 8, new Date(NOW));

  // The picture of the ledger on the first page.
  await expect(place(page, 'pending')).toHaveAttribute('value', plain(sum.pending));
  await expect(place(page, 'payable')).toHaveAttribute('value', plain(sum.payable));
  await expect(place(page, 'in_payout')).toHaveAttribute('value', '0.00');
  await expect(place(page, 'paid')).toHaveAttribute('value', '0.00');
  await expect(place(page, 'payable')).toHaveText(pounds(sum.payable));

  // And the sums of the list.
  await page.goto('/earnings?from=2010-12-01&to=2011-03-31');
  await expect(page.getByRole('main')).toContainText(`You earned ${pounds(sum.pending + sum.payable)} between`);
  await expect(slipLine(page, 'Earned before anything was reversed')).toHaveAttribute('value', plain(sum.whole));
  const reversed = sum.whole - sum.pending - sum.payable;
  if (reversed > 0) await expect(slipLine(page, 'Reversed by refunds')).toHaveAttribute('value', plain(-reversed));
  await expect(slipLine(page, 'What is left')).toHaveAttribute('value', plain(sum.pending + sum.payable));
  await expect(slipLine(page, 'of that, pending')).toHaveAttribute('value', plain(sum.pending));
  await expect(slipLine(page, 'of that, payable')).toHaveAttribute('value', plain(sum.payable));

  // Page by page, every order is there once, with what it earns.
  const listed = await everyRow(page);
  expect(listed.size).toBe(before.length);
  for (const order of before) {
    expect(listed.get(order.id), `order ${order.id}`).toBe(plain(percentOf(order.amount - order.refunded, 8)));
  }
});

test('the partner opens one commission and says what is wrong with it @phone @plain', async ({ page }) => {
  await signIn(page, MEMBER);
  await page.goto('/earnings?from=2011-03-01&to=2011-03-31&state=pending');
  const row = page.getByRole('row').filter({ hasText: disputed.id });
  await row.getByRole('link').click();
  await expect(page.getByRole('heading', { level: 1 })).toHaveText(`Order ${disputed.id}`);
  commission = new URL(page.url()).pathname;

  // The slip: order times rate.
  await expect(slipLine(page, 'Order amount')).toHaveAttribute('value', plain(disputed.amount));
  await expect(page.locator('.slip')).toContainText('8%');
  await expect(page.locator('.slip')).toContainText(pounds(percentOf(disputed.amount, 8)));

  await page.getByRole('link', { name: 'Something is wrong with this' }).click();
  await expect(page.getByRole('main')).toContainText(disputed.id);
  await page.getByLabel('Wrong amount').check();
  await page.getByLabel('What happened?').fill(QUESTION);
  await page.getByRole('button', { name: 'Send' }).click();
  await expect(page).toHaveURL(/\/disputes\/\d+/);
  dispute = new URL(page.url()).pathname;
  await expect(page.getByRole('main')).toContainText(QUESTION);
  await expect(page.getByRole('main')).toContainText('We answer by 09:00 tomorrow.');

  // Who comes again is led to what is open.
  await page.goto(commission);
  await page.getByRole('link', { name: 'Something is wrong with this' }).click();
  await expect(page.getByRole('main')).toContainText('You have an open dispute about this already');
});

test('the agent takes it, checks the sum, replies and keeps a note @phone @plain', async ({ page }) => {
  await signIn(page, AGENT);
  await expect(page).toHaveURL('/desk');
  const row = page.getByRole('row').filter({ hasText: PARTNER });
  await expect(row).toContainText('Wrong amount');
  await row.getByRole('link').click();
  await expect(page).toHaveURL(new RegExp(`/desk/${caseNumber()}`));
  await show(page, 'Conversation');
  await expect(page.locator('.case-talk')).toContainText(QUESTION);
  await page.getByRole('button', { name: 'Take this case' }).click();
  await expect(page.getByRole('main')).toContainText(`With ${AGENT.name}`);

  // The replay from the stored inputs agrees with the ledger.
  await show(page, 'Facts');
  await page.getByRole('link', { name: 'Replay this commission' }).click();
  await expect(page.locator('#recalculate')).toContainText('The ledger agrees with the rule.');
  await expect(page.locator('#recalculate')).toContainText(pounds(percentOf(disputed.amount, 8)));

  await show(page, 'Conversation');
  await page.getByLabel('Reply', { exact: true }).fill(REPLY);
  await page.getByRole('button', { name: 'Send reply' }).click();
  await expect(page.locator('.case-talk')).toContainText(REPLY);

  await open(page, 'Internal note');
  await page.getByLabel('Note', { exact: true }).fill(NOTE);
  await page.getByRole('button', { name: 'Keep note' }).click();
  await expect(page.locator('.case-talk')).toContainText(NOTE);
});

test('the partner reads the reply, not the note, and answers @phone @plain', async ({ page }) => {
  await signIn(page, MEMBER);
  await page.goto('/disputes');
  await expect(page.getByRole('main')).toContainText('Marta answers by');
  await page.getByRole('row').filter({ hasText: disputed.id }).getByRole('link').click();
  await expect(page).toHaveURL(dispute);
  await expect(page.getByRole('main')).toContainText(REPLY);
  await expect(page.getByRole('main')).toContainText(AGENT.name);
  expect(await page.content()).not.toContain(NOTE);
  await page.getByLabel('Write more').fill('Thank you, Marta. It was the blue one.');
  await page.getByRole('button', { name: 'Send' }).click();
  await expect(page.getByRole('main')).toContainText('It was the blue one.');
});

test('the agent decides with a credit, lowers the minimum and proposes a rate @phone @plain', async ({ page }) => {
  await signIn(page, AGENT);
  await page.goto(`/desk/${caseNumber()}`);
  await open(page, 'Decide');
  await page.getByLabel('Outcome').selectOption('in_favour');
  await page.locator('form[action="/do/decide-case"]').getByLabel('Reason', { exact: true }).selectOption('tracking_error');
  await page.getByLabel('Credit').fill(plain(CREDIT));
  await page.getByLabel('Message to the partner').fill(VERDICT);
  await page.getByLabel('Reason for the house').fill(HOUSE);
  await page.getByRole('button', { name: 'Decide and send' }).click();
  await expect(page.getByRole('main')).toContainText('Decided, booked and sent.');
  await expect(page.locator('.case-talk')).toContainText(pounds(CREDIT));

  await show(page, 'Facts');
  await open(page, 'Lower the minimum');
  const lower = page.locator('form[action="/do/lower-minimum"]');
  await lower.getByLabel('New minimum').fill(String(NEW_MINIMUM));
  await lower.getByLabel('Reason').fill(LOWER_REASON);
  await lower.getByRole('button', { name: 'Lower it' }).click();
  await expect(page.getByRole('main')).toContainText('Minimum lowered, in force now.');

  await show(page, 'Facts');
  await open(page, 'Propose a rate');
  const propose = page.locator('form[action="/do/propose-rate"]');
  await propose.getByLabel('New rate').fill('10');
  await propose.getByLabel('Reason').fill(RATE_REASON);
  await propose.getByRole('button', { name: 'Propose' }).click();
  await expect(page.getByRole('main')).toContainText('Proposed to the owners.');
});

test('an owner reads the replay and approves @phone @plain', async ({ page }) => {
  await signIn(page, OWNER);
  await page.goto('/approvals');
  await expect(page.getByRole('main')).toContainText('1 proposal waits for you.');
  await page.getByRole('row').filter({ hasText: `Rate for ${PARTNER}` }).getByRole('link').click();
  await expect(page.getByRole('heading', { level: 1 })).toContainText('8% → 10%');
  await expect(page.getByRole('main')).toContainText(RATE_REASON);

  // The replay, added up here once more: ninety days of real orders under the old rate and the new.
  const from = Date.parse(NOW) - 90 * 24 * 3600_000;
  const replayed = before.filter((order) => order.at.getTime() >= from);
  const cost = (percent: number) =>
    replayed.reduce((sum, order) => sum + percentOf(order.amount - order.refunded, percent), 0);
  await expect(page.getByRole('main')).toContainText(`${pounds(cost(8))} in 90 days would have been ${pounds(cost(10))}`);

  await page.getByLabel('Approve').check();
  await page.getByLabel('Reason, for the partner').fill(RATE_REASON_PARTNER);
  await page.getByLabel('Reason, for the house').fill(RATE_REASON_HOUSE);
  await page.getByRole('button', { name: 'Decide' }).click();
  await expect(page.getByRole('main')).toContainText('Approved.');
});

test('what comes in later earns the new rate, what was there keeps the old @phone @plain', async ({ page, house }) => {
  await house.skipTo(LATER);
  const import_ = ['import', 'conversions', file('later.csv', later), '--programme', 'giftware', '--create-partners'];
  const { stdout } = await house.run(import_);
  expect(JSON.parse(stdout)).toMatchObject({ accepted: later.length, rejected: 0 });
  await house.run(['commissions', 'release']);

  const all = ordersOf(PARTNER, lines);
  const rate = (at: Date) => (at.getTime() >= Date.parse(NOW) ? 10 : 8);
  const sum = earned(all, rate, new Date(LATER));
  await signIn(page, MEMBER);
  await expect(place(page, 'pending')).toHaveAttribute('value', plain(sum.pending));
  await expect(place(page, 'payable')).toHaveAttribute('value', plain(sum.payable + CREDIT));

  await page.goto('/earnings?from=2010-12-01&to=2011-06-20');
  await expect(slipLine(page, 'What is left')).toHaveAttribute('value', plain(sum.pending + sum.payable));
  const listed = await everyRow(page);
  for (const order of all) {
    const left = percentOf(order.amount - order.refunded, rate(order.at));
    expect(listed.get(order.id), `order ${order.id} of ${order.at.toISOString()}`).toBe(plain(left));
  }

  // The credit, in the dispute; the new terms with their reasons.
  await page.goto(dispute);
  await expect(page.getByRole('main')).toContainText('Decided in your favour.');
  await expect(page.getByRole('main')).toContainText(`We credit ${pounds(CREDIT)}`);
  await expect(page.getByRole('main')).toContainText(VERDICT);
  await page.goto('/terms');
  const today = page.locator('.facts').first();
  await expect(today).toContainText('10% of the order');
  await expect(today).toContainText(`£${NEW_MINIMUM}`);
  await expect(page.getByRole('main')).toContainText(RATE_REASON_PARTNER);
  await expect(page.getByRole('main')).toContainText(LOWER_REASON);

  // Nothing that is the house's alone is anywhere the partner can look.
  for (const address of ['/payouts', '/earnings', commission, '/terms', '/disputes', dispute, '/account']) {
    await page.goto(address);
    const html = await page.content();
    for (const secret of [NOTE, HOUSE, RATE_REASON_HOUSE, RATE_REASON]) expect(html, address).not.toContain(secret);
    expect(html.toLowerCase(), address).not.toContain('margin');
  }
});

test('the record has every step, and holds @phone @plain', async ({ page, house }) => {
  await signIn(page, OTHER_OWNER);
  await page.goto('/record');
  for (const step of [
    'Programme created', 'Offer created', 'Conversions imported', 'Commissions left their hold', 'Partner invited',
    'Member joined', 'Case opened', 'Case taken', 'Reply sent', 'Note written', 'Partner answered', 'Case decided',
    'Minimum payout lowered', 'Terms proposed', 'Proposal approved',
  ]) {
    await expect(page.getByRole('row').filter({ hasText: step }).first(), step).toBeVisible();
  }
  // What people wrote stays out of the record; who did it does not.
  await expect(page.getByRole('row').filter({ hasText: 'Case decided' })).toContainText(AGENT.name);
  await expect(page.getByRole('row').filter({ hasText: 'Proposal approved' })).toContainText(OWNER.name);
  expect(await page.content()).not.toContain(MEMBER.name);

  await page.getByRole('link', { name: 'Verify the chain' }).click();
  await expect(page.getByRole('main')).toContainText('Unbroken:');

  expect((await house.run(['ledger', 'verify'])).code).toBe(0);
  expect((await house.run(['audit', 'verify'])).code).toBe(0);
  const { stdout } = await house.run(['ledger', 'balances', '--format', 'json']);
  const balances = JSON.parse(stdout) as Record<string, string>[];
  const ours = balances.find((line) => line.partner === PARTNER)!;
  const rate = (at: Date) => (at.getTime() >= Date.parse(NOW) ? 10 : 8);
  const sum = earned(ordersOf(PARTNER, lines), rate, new Date(LATER));
  expect(ours).toMatchObject({ currency: 'GBP', pending: plain(sum.pending), payable: plain(sum.payable + CREDIT) });
});

/** The amount at one place of the money line. */
const place = (page: Page, kind: string) => page.locator(`.money-place[data-kind=${kind}] data.amount`);

/** The amount on a slip's line. */
const slipLine = (page: Page, label: string) => page.locator('.slip > *').filter({ hasText: label }).locator('data').first();

const caseNumber = () => dispute.split('/').pop()!;

/** Opens a form that is folded away; without JavaScript a click does the same. */
async function open(page: Page, title: string): Promise<void> {
  await page.locator('summary').filter({ hasText: new RegExp(`^${title}$`) }).click();
}

/** On a phone a case shows one column at a time. */
async function show(page: Page, part: string): Promise<void> {
  const tab = page.locator('.case-tabs a').filter({ hasText: part });
  if (await tab.isVisible()) await tab.click();
}

/** Orders and what is left of their commissions, over all pages of the list. */
async function everyRow(page: Page): Promise<Map<string, string>> {
  const found = new Map<string, string>();
  for (;;) {
    const rows = await page.locator('tbody tr[data-leads]').evaluateAll((rows) =>
      rows.map((row) => {
        const cells = row.querySelectorAll('[role=cell]');
        return [cells[2]?.textContent ?? '', cells[5]?.querySelector('data')?.getAttribute('value') ?? ''] as const;
      }),
    );
    for (const [order, left] of rows) {
      expect(found.has(order), `order ${order} is listed twice`).toBe(false);
      found.set(order, left);
    }
    const older = page.locator('nav.pages a');
    if ((await older.count()) === 0) return found;
    const here = page.url();
    await older.click();
    await page.waitForURL((url) => url.href !== here);
  }
}
