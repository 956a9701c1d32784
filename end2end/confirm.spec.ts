// A house with a mail server: a partner sets another account, is mailed a link, and the account is used once they have
// followed it and said so.
import { MailServer } from './support/mail';
import { DEMO, signIn } from './support/people';
import { type Page, expect, expectNoAxeViolations, inHouse, sidewaysScroll, test } from './support/test';

const NOW = '2026-03-02T10:00:00Z';
const { partner, owner } = DEMO;

let mail: MailServer;

inHouse(NOW, async (house) => {
  mail = await MailServer.start();
  house.environment = {
    PARTNERDESK_SMTP_URL: `smtp://127.0.0.1:${mail.port}`,
    PARTNERDESK_MAIL_FROM: 'desk@example.org',
    PARTNERDESK_URL: house.url,
  };
  await house.run(['demo']);
}, async (house) => {
  // It is Monday morning: both owners get the digest of the week before, each once, and nothing else comes by itself.
  const digest = await mail.newest(2);
  expect(digest).toMatch(/This is how the week from 23\sFebruary\s2026 to 1\sMarch\s2026 stood at its end\./);
  expect(digest).toContain(`${house.url}/digest?week=2026-02-23`);
  expect(digest).not.toContain(partner.name);
  expect(digest).not.toContain('@example.org');
});

test.afterAll(() => mail?.stop());

async function fill(page: Page, iban: string): Promise<void> {
  await page.goto('/account/method/iban');
  await page.getByLabel('IBAN').fill(iban);
  await page.getByLabel('Account holder').fill('Nora Lindqvist');
  await page.getByLabel('Your password').fill(partner.password);
  await page.getByRole('button', { name: 'Save', exact: true }).click();
}

test('a change waits for the link in a mail @phone @plain', async ({ page }) => {
  const main = page.getByRole('main');
  await signIn(page, partner);
  await page.goto('/account/method/iban');
  await expect(main).toContainText('We mail a link to you');
  await looksRight(page);
  const before = mail.count();
  await fill(page, 'NL91 ABNA 0417 1643 00');
  await expect(page).toHaveURL(/\/account\?done=waits$/);
  await expect(main).toContainText('Confirm Bank account (IBAN), NL•• •••• 4300: follow the link that we mailed to you.');
  await expect(main).toContainText('Until then your payouts go where they went before.');
  await looksRight(page);

  // Somebody thinks better of it, and of that again.
  await page.getByRole('button', { name: 'Stop this change' }).click();
  await expect(main).toContainText('The change is stopped.');
  await expect(main).not.toContainText('NL•• •••• 4300');
  await mail.newest(before + 1);
  await fill(page, 'NL91 ABNA 0417 1643 00');
  await mail.newest(before + 2);
  await page.getByRole('button', { name: 'Mail the link again' }).click();
  await expect(page).toHaveURL(/\/account\?done=resent$/);

  const text = await mail.newest(before + 3);
  expect(text).toContain('You set Bank account (IBAN), NL•• •••• 4300 as the place where your payouts go.');
  const link = /http:\/\/localhost:\d+\/account\/confirm\/[0-9a-f]{64}/.exec(text)![0];
  // From a mail one comes signed out: the way leads over signing in.
  await page.context().clearCookies();
  await page.goto(link);
  await page.getByLabel('E-mail').fill(partner.email);
  await page.getByLabel('Password').fill(partner.password);
  await page.getByRole('button', { name: 'Sign in' }).click();
  await expect(page.getByRole('heading', { level: 1 })).toHaveText('Confirm your payout method');
  await expect(main).toContainText('in the name of Nora Lindqvist');
  await looksRight(page);
  await page.getByRole('button', { name: 'Yes, send my payouts there' }).click();
  await expect(page).toHaveURL(/\/account\?done=confirmed$/);
  await expect(page.locator('.lead')).toContainText('NL•• •••• 4300 from 5 March 2026 on; until then they wait.');
  await looksRight(page);
  await page.goto(link);
  await expect(page.getByRole('heading', { level: 1 })).toHaveText('This account is confirmed already');
  await looksRight(page);

  // Another one, so that the next browser begins with a change as well.
  await fill(page, 'BE71 0961 2345 6769');
  const again = /\/account\/confirm\/[0-9a-f]{64}/.exec(await mail.newest(before + 4))![0];
  await page.goto(again);
  await page.getByRole('button', { name: 'Yes, send my payouts there' }).click();
  await expect(page.locator('.lead')).toContainText('BE•• •••• 6769');
});

test('an owner sees what was mailed @phone', async ({ page, house }) => {
  await signIn(page, owner);
  await page.goto('/mail?state=sent');
  await expect(page.getByRole('row').filter({ hasText: 'Confirm a payout method' }).first()).toContainText(partner.name);
  await looksRight(page);
  expect(house.log).not.toMatch(/confirm\/[0-9a-f]/);
  expect(house.log).not.toContain(partner.email);
});

/** What axe can see, where it can run, and that nothing sticks out. */
async function looksRight(page: Page): Promise<void> {
  if (test.info().project.name !== 'plain') await expectNoAxeViolations(page);
  expect(await sidewaysScroll(page)).toEqual([]);
}
