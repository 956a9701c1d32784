// A promotion from its budget to its bonus: owners set it up, the agent asks, the other owner grants, the partner reads how far
// they are, and three confirmed sales later the bonus is theirs. Each test goes on where the one before it ended.
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join as path } from 'node:path';
import { HEAD } from './support/conversions';
import { Client } from './support/forms';
import { AGENT, MEMBER, OTHER_OWNER, OWNER, createOwner, createStaff, invite, join, signIn } from './support/people';
import { type Page, expect, inHouse, test } from './support/test';

const NOW = '2011-04-01T09:00:00Z';
const LATER = '2011-04-25T09:00:00Z';
const NAME = 'Three in April';
const WHY = 'They asked how to grow, and three sales are more than they ever made in a month.';
const WORDS = 'Three sales in April, and the seeds are on us.';

const files = mkdtempSync(path(tmpdir(), 'pd-promo-'));

function sales(name: string, rows: readonly string[]): string {
  const written = path(files, name);
  writeFileSync(written, [HEAD, ...rows, ''].join('\n'));
  return written;
}

const sale = (order: number, at: string) => `S${order},sale,${order},P1,seeds,${at},100.00,GBP,`;
const form = (page: Page, action: string) => page.locator(`form[action="/do/${action}"]`).first();

async function send(page: Page, action: string): Promise<void> {
  await form(page, action).locator('button[type=submit]').click();
  await page.waitForLoadState();
}

test.describe.configure({ mode: 'serial' });
test.afterAll(() => rmSync(files, { recursive: true, force: true }));

inHouse(NOW, async (house) => {
  await createOwner(house, OWNER);
  await createOwner(house, OTHER_OWNER);
  await createStaff(house, AGENT, 'agent');
  await house.run(['programme', 'create', 'garden', '--currency', 'GBP', '--rate', '8', '--minimum', '50', '--hold-days', '10']);
  await house.run(['offer', 'create', 'garden', 'seeds', '--revenue', '25']);
  const first = sales('first.csv', [sale(1, '2011-03-20T10:00:00Z')]);
  await house.run(['import', 'conversions', first, '--programme', 'garden', '--create-partners']);
});

test('the member comes in and asks how to grow @plain', async ({ page, house }) => {
  await join(page, await invite(house, 'garden', 'P1', MEMBER), MEMBER);
  const member = await Client.signIn(house, MEMBER);
  await member.fill('/disputes/new', 'open-dispute', { body: 'How could I sell more?' });
  await member.leave();
  await page.goto('/terms');
  await expect(page.getByRole('heading', { name: 'Promotions' })).toHaveCount(0);
});

test('an owner sets a budget and adds a package @plain', async ({ page }) => {
  await signIn(page, OWNER);
  await page.goto('/promotions');
  await page.locator('summary', { hasText: "Set the programme's budget" }).click();
  await form(page, 'set-promo-budget').locator('[name=amount]').fill('100');
  await send(page, 'set-promo-budget');
  await expect(page.locator('.notice')).toContainText('Set.');

  await page.locator('summary', { hasText: 'Add a package' }).click();
  const fields = { name: NAME, target: '2.5', bonus: '60', last: '2011-04-30', grace: '20', budget: '80' };
  for (const [name, value] of Object.entries(fields)) await form(page, 'add-promo-package').locator(`[name=${name}]`).fill(value);
  await send(page, 'add-promo-package');
  // What is wrong stands beside its field, and what was typed is kept.
  await expect(form(page, 'add-promo-package')).toContainText('Give a whole number of sales');
  await expect(form(page, 'add-promo-package').locator('[name=budget]')).toHaveValue('80');
  await form(page, 'add-promo-package').locator('[name=target]').fill('3');
  await send(page, 'add-promo-package');
  await expect(page.locator('.notice')).toContainText('Support can propose it');
  await expect(page.getByRole('table', { name: 'garden: packages' })).toContainText(NAME);
});

test('the agent asks, and the other owner grants @plain', async ({ page, house, somebody }) => {
  const number = await house.count('SELECT max(case_id) FROM support_case');
  await signIn(page, AGENT);
  await page.goto(`/desk/${number}`);
  await page.locator('summary', { hasText: 'Propose a promotion' }).click();
  const chosen = await form(page, 'propose-promo').locator('option', { hasText: NAME }).getAttribute('value');
  await form(page, 'propose-promo').locator('[name=package]').selectOption(chosen!);
  await form(page, 'propose-promo').locator('[name=reason]').fill(WHY);
  await form(page, 'propose-promo').locator('[name=reason_partner]').fill(WORDS);
  await send(page, 'propose-promo');
  await expect(page.locator('.notice').first()).toContainText('An owner decides');
  expect(await house.count('SELECT reserved FROM promo_purse WHERE package_scope = 0')).toBe(0);

  const owner = await somebody();
  await signIn(owner, OTHER_OWNER);
  await owner.goto('/approvals');
  await owner.getByRole('link', { name: 'P1' }).click();
  await expect(owner.locator('main')).toContainText(WHY);
  await expect(owner.locator('main')).toContainText('£20.00 after this grant');
  await form(owner, 'decide-promo').locator('[value=approved]').check();
  await form(owner, 'decide-promo').locator('[name=reason_partner]').fill(WORDS);
  await send(owner, 'decide-promo');
  await expect(owner.locator('.notice').first()).toContainText('The money is reserved');
  expect(await house.count('SELECT reserved FROM promo_purse WHERE package_scope = 0')).toBe(60);
});

test('three confirmed sales later the bonus is booked, once @plain', async ({ page, house }) => {
  await signIn(page, MEMBER);
  await page.goto('/terms');
  await expect(page.locator('main')).toContainText('3 sales to go by 30 April 2011, and £60.00 is yours.');
  await expect(page.locator('main')).toContainText(WORDS);

  // One that came back, and three that stay.
  const rows = [2, 3, 4, 5].map((order) => sale(order, `2011-04-0${order}T10:00:00Z`));
  const refund = 'R5,refund,5,P1,seeds,2011-04-06T10:00:00Z,100.00,GBP,returned';
  await house.run(['import', 'conversions', sales('april.csv', [...rows, refund]), '--programme', 'garden'], { now: '2011-04-08T09:00:00Z' });
  await house.stop();
  house.now = LATER;
  await house.run(['commissions', 'release']);
  await house.serve();
  await expect.poll(() => house.count("SELECT count(*) FROM transfer WHERE kind = 'bonus'"), { timeout: 30_000 }).toBe(1);
  expect(await house.rows('SELECT trim_scale(budget), trim_scale(reserved), trim_scale(spent) FROM promo_purse WHERE package_scope = 0')).toEqual([['100', '0', '60']]);
  await house.run(['ledger', 'verify']);
  const { stdout } = await house.run(['ledger', 'balances', '--format', 'csv']);
  // 8.00 of March and three times 8.00 of April, and the bonus.
  expect(stdout).toContain('P1,GBP,0.00,92.00,');

  await page.context().clearCookies();
  await signIn(page, MEMBER);
  await page.goto('/terms');
  await expect(page.locator('main')).toContainText('£60.00 was booked on 14 April 2011');
  expect(await house.count("SELECT count(*) FROM mail_out WHERE kind = 'promo'")).toBe(2);
});
