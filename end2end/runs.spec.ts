// A payout run as people make one: built by an owner, released by another, sent as a file, settled by the bank's answer,
// and the one line that nobody could place settled by hand. With JavaScript and without.
import { readFileSync, writeFileSync } from 'node:fs';
import { Client } from './support/forms';
import { OTHER_OWNER, OWNER, createOwner, createStaff, signIn, type Person } from './support/people';
import { type Page, expect, inHouse, test } from './support/test';

const NOW = '2011-04-02T09:00:00Z';
const FINANCE: Person = { name: 'Finn Fox', email: 'finn@example.org', password: 'three green garden chairs' };
const SALES = `event_id,event,order_id,partner,offer,occurred_at,amount,currency,reason
A,sale,1,ana,uk,2011-02-01T10:00:00Z,100.00,GBP,
B,sale,2,bob,uk,2011-02-01T10:00:00Z,200.00,GBP,
C,sale,3,cleo,uk,2011-02-01T10:00:00Z,10.00,GBP,
D,sale,4,dora,uk,2011-02-01T10:00:00Z,100.00,GBP,
`;
const METHODS = `partner,kind,holder,iban,bic,sort_code,account,email
ana,paypal,Ana Arias,,,,,ana@example.org
bob,paypal,Bob Bain,,,,,bob@example.org
cleo,paypal,Cleo Cole,,,,,cleo@example.org
`;
const ANSWER = 'payout,status,date,reference,code\n';

inHouse(NOW, async (house) => {
  for (const owner of [OWNER, OTHER_OWNER]) await createOwner(house, owner);
  await createStaff(house, FINANCE, 'finance');
  await house.run(['programme', 'create', 'giftware', '--currency', 'GBP', '--minimum', '5']);
  await house.run(['offer', 'create', 'giftware', 'uk']);
  await house.run(['import', 'conversions', '-', '--programme', 'giftware', '--create-partners'], { stdin: SALES });
  await house.run(['commissions', 'release', '--as-of', '2011-03-31T00:00:00Z']);
  await house.run(['partner', 'methods', 'giftware', '-'], { stdin: METHODS });
});

test('a run from its cut-off to the last word of the bank @plain', async ({ page, somebody, house }) => {
  test.setTimeout(120_000);
  await signIn(page, OWNER);
  await page.getByRole('navigation', { name: 'Main navigation' }).getByRole('link', { name: 'Money', exact: true }).click();
  await expect(page.locator('.lead')).toHaveText('Nothing waits for you.');
  const build = page.locator('form[action="/do/build-run"]');
  // A day that is not over is refused beside its field, and what was typed stays.
  await build.locator('input[name=cutoff]').fill('2011-04-02');
  await build.getByRole('button').click();
  await expect(page.locator('#form .error')).toContainText("isn't over yet");
  await expect(page.locator('#form input[name=cutoff]')).toHaveValue('2011-04-02');
  await build.locator('input[name=cutoff]').fill('2011-03-31');
  await build.locator('input[name=pay_day]').fill('2011-04-15');
  await build.getByRole('button').click();
  await expect(page.getByRole('status').first()).toHaveText('It is being built.');
  await built(page);
  await expect(page.locator('.lead')).toHaveText(
    '2 payouts, £24.00: you built it, so another owner releases it (Henrik Aas), to be paid on 15 April 2011.',
  );
  // Who built it is offered no button, and the one who sends the form all the same is told who can.
  await expect(page.locator('form[action="/do/release-run"]')).toHaveCount(0);
  const olivia = await Client.signIn(house, OWNER);
  const { location } = await olivia.send('release-run', { run: '1' });
  expect(await olivia.read(location)).toContain('so another owner releases it: Henrik Aas.');
  expect(await house.count("SELECT count(*) FROM payout WHERE state = 'scheduled'")).toBe(2);
  await olivia.leave();

  const other = await somebody();
  await signIn(other, OTHER_OWNER);
  await other.goto('/runs');
  await other.getByRole('link', { name: 'Run 1 waits for your release: 2 payouts, £24.00.' }).click();
  await other.getByRole('link', { name: 'Not paid (2)' }).click();
  await expect(other.getByRole('row', { name: /cleo/ })).toContainText('£4.20 under the minimum');
  await expect(other.getByRole('row', { name: /dora/ })).toContainText('They add one in their account');
  await other.getByRole('link', { name: 'Overview' }).click();
  await other.getByRole('button', { name: 'Release 2 payouts, £24.00' }).click();
  await expect(other.getByRole('status').first()).toContainText('Released.');

  const finance = await somebody();
  await signIn(finance, FINANCE);
  // Finance begins at the runs.
  await expect(finance).toHaveURL(/\/runs$/);
  await finance.getByRole('link', { name: /Run 1 is released and not in a file yet/ }).click();
  await finance.getByRole('button', { name: 'Make the PayPal file: 2 payouts, £24.00' }).click();
  const [first, second] = [await downloaded(finance), await downloaded(finance)];
  expect(first.equals(second)).toBe(true);
  expect(first.toString()).toContain('ana@example.org');
  expect(await house.count("SELECT count(*) FROM audit WHERE action = 'payout_file.downloaded'")).toBe(2);

  const [ana, bob] = (await house.rows(
    "SELECT 'PD-' || payout_id || '-' || lpad((98 - (payout_id * 100) % 97)::text, 2, '0') FROM payout ORDER BY payout_id",
  )).map((row) => row[0]!);
  const answer = `${ANSWER}${ana},paid,2011-04-01,T-1,\nstranger,paid,2011-04-01,T-2,\n`;
  await read(finance, answer);
  await expect(finance.getByRole('status').first()).toContainText('Lines: 2. Moved a payout: 1; known already: 0; change nothing: 0; wait for a person: 1');
  await read(finance, answer);
  await expect(finance.getByRole('status').first()).toContainText('This file had been read before');
  await finance.getByRole('link', { name: 'bank.csv, line 2' }).click();
  const match = () => finance.locator('form:has(input[value=match])');
  await match().locator('input[name=reference]').fill(`${bob!.slice(0, -1)}x`);
  await match().locator('textarea').fill('The bank confirmed it by phone.');
  await match().getByRole('button').click();
  await expect(finance.locator('#form .error')).toContainText('no reference of ours');
  await expect(match().locator('textarea')).toHaveValue('The bank confirmed it by phone.');
  await match().locator('input[name=reference]').fill(bob!);
  await match().getByRole('button').click();
  await expect(finance.getByRole('status').first()).toContainText('Matched.');
  await expect(finance.locator('.lead')).toHaveText('No line waits for a person.');
  await finance.goto('/runs/1');
  await expect(finance.locator('.lead')).toHaveText('2 payouts, £24.00: 2 sent, 2 paid.');
  const { stdout } = await house.run(['ledger', 'verify']);
  expect(stdout).toContain('everything adds up');
});

test('a payout is kept back, and a file that was never sent is withdrawn @plain', async ({ page, house, watch }) => {
  test.setTimeout(90_000);
  await house.run(['import', 'conversions', '-', '--programme', 'giftware'], {
    stdin: SALES.split('\n')[0] + '\nE,sale,5,ana,uk,2011-02-20T10:00:00Z,150.00,GBP,\nF,sale,6,bob,uk,2011-02-20T10:00:00Z,75.00,GBP,\n',
  });
  await house.run(['commissions', 'release', '--as-of', '2011-04-01T00:00:00Z']);
  await house.run(['payouts', 'build', '--programme', 'giftware', '--cutoff', '2011-04-01', '--pay-day', '2011-04-20']);
  await signIn(page, OWNER);
  await page.goto('/runs');
  await page.getByRole('link', { name: /Run 2 waits for your release/ }).click();
  await page.getByRole('link', { name: /^Payouts/ }).click();
  await page.getByRole('row', { name: /bob/ }).getByRole('link').click();
  await page.getByText('Keep it back', { exact: true }).first().click();
  const hold = page.locator('form:has(input[value=hold])');
  await hold.locator('textarea').fill('New account: we ask first.');
  await hold.getByRole('button').click();
  await expect(page.locator('.timeline')).toContainText('New account: we ask first.');
  await page.goto('/runs/2');
  await page.getByRole('button', { name: 'Release 1 payout, £12.00' }).click();
  await page.getByRole('link', { name: 'Files and sending' }).click();
  await page.getByRole('button', { name: /Make the PayPal file/ }).click();
  const file = await page.locator('.table a[href^="/runs/files/"]').getAttribute('href');
  await page.locator('summary', { hasText: 'was never sent' }).click();
  const withdraw = page.locator('form[action="/do/withdraw-file"]');
  await withdraw.locator('textarea').fill('The disk was lost.');
  await withdraw.getByRole('button').click();
  await expect(page.getByRole('status').first()).toContainText('Withdrawn.');
  await expect(page.locator('.table a[href^="/runs/files/"]')).toHaveCount(0);
  watch.allow(409);
  expect((await page.goto(file!))?.status()).toBe(409);
  await expect(page.getByRole('heading', { level: 1 })).toBeVisible();
  await page.goto('/runs/2?view=sending');
  await expect(page.getByRole('button', { name: /Make the PayPal file: 1 payout, £12.00/ })).toBeVisible();
  await page.goto('/runs/2?view=payouts&partner=bob');
  await page.getByRole('row', { name: /bob/ }).getByRole('link').click();
  await page.getByText('Let it go', { exact: true }).first().click();
  await page.locator('form:has(input[value=let_go])').getByRole('button').click();
  await expect(page.getByRole('status').first()).toHaveText('Let go.');
  expect(await house.count("SELECT count(*) FROM payout WHERE state = 'approved'")).toBe(2);
});

test('what is no answer is refused, and nothing but the form is lost', async ({ page }) => {
  await signIn(page, FINANCE);
  await read(page, 'neither,this,nor,that\n');
  await expect(page.locator('#form .error')).toContainText('not an answer that is read here');
  await page.goto('/answers');
  const large = test.info().outputPath('large.csv');
  writeFileSync(large, Buffer.alloc(51 * 1024 * 1024, 'x'));
  await page.locator('input[type=file]').setInputFiles(large);
  await page.getByRole('button', { name: 'Read it' }).click();
  await expect(page.locator('#form .error')).toContainText('larger than 50 MB');
});

/** Waits until the job has gone through everybody, as somebody would who looks again. */
async function built(page: Page): Promise<void> {
  await expect(async () => {
    await page.goto('/runs/1');
    await expect(page.locator('.lead')).toContainText('to be paid on', { timeout: 500 });
  }).toPass({ timeout: 20_000 });
}

async function downloaded(page: Page): Promise<Buffer> {
  const coming = page.waitForEvent('download');
  await page.locator('.table a[href^="/runs/files/"]').click();
  const download = await coming;
  expect(download.suggestedFilename()).toBe('payouts-run-1-paypal-gbp-1.csv');
  return readFileSync(await download.path());
}

async function read(page: Page, text: string): Promise<void> {
  await page.goto('/answers');
  await page.locator('input[type=file]').setInputFiles({ name: 'bank.csv', mimeType: 'text/csv', buffer: Buffer.from(text) });
  await page.getByRole('button', { name: 'Read it' }).click();
  await page.waitForURL(/file=|form=/);
}
