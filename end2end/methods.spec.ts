// Where the money goes: a partner sets an IBAN and changes it, the change waits, and an agent who needs the whole account
// says why. The account itself stands nowhere else.
import { Client } from './support/forms';
import { DEMO, signIn } from './support/people';
import { type Page, expect, expectNoAxeViolations, inHouse, sidewaysScroll, test } from './support/test';

const NOW = '2026-03-02T10:00:00Z';
const IBAN = 'ES91 2100 0418 4502 0005 1332';
const WRONG = 'ES91 2100 0418 4502 0005 1333';
const OTHER = 'DE89 3704 0044 0532 0130 00';
const REASON = 'The bank asked which account it was.';
const { partner, agent, owner } = DEMO;

let desk = '';

inHouse(
  NOW,
  async (house) => {
    await house.run(['demo']);
  },
  async (house) => {
    const client = await Client.signIn(house, partner);
    desk = (await client.fill('/disputes/new', 'open-dispute', { body: 'Where is my payout?' })).split('?')[0]!.replace('/disputes/', '/desk/');
    await client.leave();
  },
);

/** Fills the form for a bank account in. */
async function fill(page: Page, iban: string, password: string): Promise<void> {
  await page.getByLabel('IBAN').fill(iban);
  await page.getByLabel('Account holder').fill('Nora Lindqvist');
  await page.getByLabel('Your password').fill(password);
  await page.getByRole('button', { name: 'Save', exact: true }).click();
}

test('a partner sets an account, changes it, and the change waits @phone @plain', async ({ page, house }) => {
  await house.rows('ALTER TABLE payout_method_reveal DISABLE TRIGGER USER');
  await house.rows('DELETE FROM payout_method_reveal');
  // The demonstration's partners have methods, and payouts that went there; here the first one is to be set.
  await house.rows('ALTER TABLE payout DROP CONSTRAINT IF EXISTS payout_method');
  await house.rows('DELETE FROM payout_method');
  await signIn(page, partner);
  await page.goto('/account');
  await expect(page.locator('.lead')).toContainText('There is no payout method yet');
  await looksRight(page);
  await page.getByRole('link', { name: 'Bank account (IBAN)' }).click();
  await expect(page.locator('.lead')).toContainText('Your first payout goes here');
  await looksRight(page);

  // What is wrong stands beside the field, and what was typed stays; the password does not.
  await fill(page, WRONG, partner.password);
  await expect(page.getByLabel('IBAN')).toHaveValue(WRONG);
  await expect(page.locator('.error')).toContainText('a digit or letter is wrong');
  await expect(page.getByLabel('Your password')).toHaveValue('');
  await looksRight(page);
  await fill(page, IBAN, 'not the password');
  await expect(page.locator('.error')).toContainText('This is not your password');
  await fill(page, IBAN, partner.password);
  await expect(page).toHaveURL(/\/account\?done=method$/);
  await expect(page.locator('.lead')).toContainText('Your payouts go to Bank account (IBAN), ES•• •••• 1332.');

  await page.getByRole('link', { name: 'Bank account (IBAN)' }).click();
  await expect(page.locator('.lead')).toContainText('nothing is paid out for 3 days');
  await fill(page, OTHER, partner.password);
  await expect(page.locator('.lead')).toContainText('DE•• •••• 3000 from 5 March 2026 on; until then they wait.');
  await expect(page.getByRole('main')).toContainText('If it was not you');
  await expect(page.getByRole('row').filter({ hasText: 'ES•• •••• 1332' })).toBeVisible();
  await looksRight(page);

  await page.goto('/payouts');
  await expect(page.getByRole('main')).toContainText('it is in its safety period');
  await expect(page.getByRole('link', { name: 'See the change' })).toBeVisible();
});

test('an agent sees the mask, and the whole account after saying why @phone @plain', async ({ page, house }) => {
  const client = await Client.signIn(house, partner);
  const wanted = { holder: 'Nora Lindqvist', iban: OTHER, password: partner.password };
  await client.fill('/account/method/iban', 'set-payout-method', wanted);
  await client.leave();
  await house.rows('ALTER TABLE payout_method_reveal DISABLE TRIGGER USER');
  await house.rows('DELETE FROM payout_method_reveal');

  await signIn(page, agent);
  await page.goto(desk);
  await show(page, 'Facts');
  const method = page.locator('#payout-method');
  await expect(method).toContainText('DE•• •••• 3000');
  expect(await page.content()).not.toContain('0532');
  await method.locator('summary').filter({ hasText: 'Show the whole account' }).click();
  await method.getByLabel('Why do you need it?').evaluate((field) => field.removeAttribute('required'));
  await method.getByRole('button', { name: 'Show it' }).click();
  await show(page, 'Facts');
  await expect(method.locator('.error')).toContainText('Write why you need it.');
  expect(await page.content()).not.toContain('0532');
  await method.getByLabel('Why do you need it?').fill(REASON);
  const answer = page.waitForResponse((response) => response.url().includes('/desk/') && response.request().method() === 'GET');
  await method.getByRole('button', { name: 'Show it' }).click();
  expect((await answer).headers()['cache-control']).toBe('no-store');
  await show(page, 'Facts');
  await expect(method).toContainText(OTHER);
  await expect(method).toContainText('Shown to you alone, until');
  await looksRight(page);

  // The owner finds out, and does not see it; after two minutes nobody does.
  await page.context().clearCookies();
  await signIn(page, owner);
  await page.goto('/record');
  await expect(page.getByRole('row').filter({ hasText: 'Whole account shown' }).first()).toContainText(agent.name);
  await page.goto(desk);
  await show(page, 'Facts');
  await method.locator('summary').filter({ hasText: 'Who has looked' }).click();
  await expect(method).toContainText(REASON);
  expect(await page.content()).not.toContain('0532');
  await house.rows("UPDATE payout_method_reveal SET written_at = written_at - interval '2 minutes'");
  await page.context().clearCookies();
  await signIn(page, agent);
  await page.goto(desk);
  expect(await page.content()).not.toContain('0532');
});

test('neither the log nor any table has an account in it', async ({ house }) => {
  const tables = await house.rows(
    "SELECT relname FROM pg_class WHERE relnamespace = 'public'::regnamespace AND relkind = 'r' ORDER BY 1",
  );
  expect(tables.length).toBeGreaterThan(20);
  expect(await house.count('SELECT count(*) FROM form_draft WHERE sealed IS NOT NULL')).toBeGreaterThan(0);
  for (const account of [IBAN, WRONG, OTHER]) {
    for (const text of [account, account.replaceAll(' ', '')]) {
      expect(house.log).not.toContain(text);
      for (const [table] of tables) {
        const found = `SELECT count(*) FROM ${table} t WHERE t::text LIKE '%${text}%'`;
        expect(await house.count(found), `${text} in ${table}`).toBe(0);
      }
    }
  }
  expect(house.log).toContain('ready at');
});

/** What axe can see, where it can run, and that nothing sticks out. */
async function looksRight(page: Page): Promise<void> {
  if (test.info().project.name !== 'plain') await expectNoAxeViolations(page);
  expect(await sidewaysScroll(page)).toEqual([]);
}

/** On a phone a case shows one column at a time. */
async function show(page: Page, part: string): Promise<void> {
  const tab = page.locator('.case-tabs a').filter({ hasText: part });
  if (await tab.isVisible()) await tab.click();
}
