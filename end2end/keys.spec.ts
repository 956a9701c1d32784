// Work on the queue with the hands on the keys, and without a script at all: rows, marking, doing the same to many, taking it
// back, putting off, and the quarantine one key at a time.
import { Client } from './support/forms';
import { DEMO, signIn } from './support/people';
import { type Page, expect, expectNoAxeViolations, inHouse, sidewaysScroll, test } from './support/test';

// A Monday at ten in London: Marta is on shift.
const NOW = '2026-03-02T10:00:00Z';
const { partner, agent, owner } = DEMO;
const QUESTIONS = ['Where do I find my links?', 'May I use your logo?', 'Which cookies do you set?', 'Do you pay by cheque?'];

inHouse(
  NOW,
  async (house) => {
    await house.run(['demo']);
    for (const [name, subject] of [['Ada', 'Join us'], ['Ben', 'An offer'], ['Cleo', 'My links']]) {
      const letter = `From: ${name} <${name}@stranger.example>\r\nTo: help@example.org\r\nSubject: ${subject}\r\nMessage-ID: <${name}@stranger.example>\r\n\r\nHello there.\r\n`;
      await house.run(['mail', 'ingest'], { stdin: letter });
    }
  },
  async (house) => {
    const nora = await Client.signIn(house, partner);
    for (const body of QUESTIONS) await nora.fill('/disputes/new', 'open-dispute', { body });
    await nora.leave();
  },
);

/** The queue, its keys listening. */
async function awake(page: Page, path: string): Promise<void> {
  await page.goto(path);
  await page.locator('.desk-keys [data-awake]').waitFor({ state: 'attached' });
}

const rows = (page: Page) => page.locator('main tbody tr');
const focused = (page: Page) => page.evaluate(() => document.activeElement?.closest('tr')?.rowIndex ?? 0);

test('the queue by keys alone', async ({ page }) => {
  await signIn(page, agent);
  await awake(page, '/desk?view=all');
  for (const [key, row] of [['j', 1], ['j', 2], ['k', 1], ['k', 1]] as const) {
    await page.keyboard.press(key);
    expect(await focused(page)).toBe(row);
  }
  await page.keyboard.press('x');
  await expect(rows(page).first().getByRole('checkbox')).toBeChecked();
  await page.keyboard.press('x');
  await expect(rows(page).first().getByRole('checkbox')).not.toBeChecked();

  // The list of the keys, in a dialog that Escape closes; while it is open the other keys rest.
  await page.keyboard.press('?');
  const dialog = page.getByRole('dialog', { name: 'Keys' });
  await expect(dialog).toBeVisible();
  await expect(dialog).toContainText('Next row');
  await expectNoAxeViolations(page);
  await page.keyboard.press('j');
  await page.keyboard.press('Escape');
  await expect(dialog).toBeHidden();

  await page.keyboard.press('j');
  await page.keyboard.press('Enter');
  await expect(page).toHaveURL(/\/desk\/\d+/);
  await page.locator('.desk-keys [data-awake]').waitFor({ state: 'attached' });
  await page.keyboard.press('z');
  await expect(page.locator('form[action="/do/snooze-case"] [name=until]')).toBeFocused();
  // In a field the letters are letters.
  await page.locator('form[action="/do/snooze-case"] [name=reason]').fill('');
  await page.locator('form[action="/do/snooze-case"] [name=reason]').press('u');
  await expect(page.locator('form[action="/do/snooze-case"] [name=reason]')).toHaveValue('u');
  await page.evaluate(() => (document.activeElement as HTMLElement).blur());
  await page.keyboard.press('a');
  await expect(page.locator('form[action="/do/assign-case"] select')).toBeFocused();
  await page.evaluate(() => (document.activeElement as HTMLElement).blur());
  await page.keyboard.press('n');
  await expect(page.locator('form[action="/do/note"] textarea')).toBeFocused();
  await page.evaluate(() => (document.activeElement as HTMLElement).blur());
  await page.keyboard.press('r');
  await page.keyboard.type('Under Links: just jump to it.');
  await page.keyboard.press('Control+Enter');
  await expect(page.getByRole('main')).toContainText('Sent.');

  await page.locator('.desk-keys [data-awake]').waitFor({ state: 'attached' });
  await page.keyboard.press('u');
  await expect(page).toHaveURL(/\/desk\?view=all/);
  await page.locator('.desk-keys [data-awake]').waitFor({ state: 'attached' });
  await page.keyboard.press('g');
  await page.keyboard.press('m');
  await expect(page).toHaveURL(/\/desk\?view=mine/);
});

test('keys can be switched off by whoever does not want them @plain', async ({ page }) => {
  await signIn(page, owner);
  await page.goto('/desk?view=all');
  const plain = test.info().project.name === 'plain';
  if (!plain) await page.locator('.desk-keys [data-awake]').waitFor({ state: 'attached' });
  await page.getByRole('button', { name: /^Keys/ }).click();
  await page.getByRole('button', { name: 'Switch the keys off' }).click();
  await expect(page.getByRole('button', { name: "Switch the desk's keys on" })).toBeVisible();
  await page.keyboard.press('j');
  expect(await focused(page)).toBe(0);
  await page.getByRole('button', { name: "Switch the desk's keys on" }).click();
  await expect(page.getByRole('button', { name: /^Keys/ })).toBeVisible();
});

test('a mail in quarantine is placed with one key', async ({ page, house }) => {
  const verdicts = () => house.rows('SELECT verdict FROM mail_disposition ORDER BY at, mail_in_id').then((found) => found.flat());
  await signIn(page, agent);
  await awake(page, '/quarantine');
  await page.keyboard.press('j');
  await page.keyboard.press('Enter');
  await expect(page).toHaveURL(/\/quarantine\/\d+/);
  await page.locator('.desk-keys [data-awake]').waitFor({ state: 'attached' });
  await page.keyboard.press('x');
  await expect.poll(verdicts).toEqual(['no_answer']);

  const open = async () => {
    // Placing one leads on; only then is there somewhere else to go.
    await expect(page).toHaveURL(/done=/);
    await awake(page, '/quarantine');
    await page.keyboard.press('j');
    await page.keyboard.press('Enter');
    await expect(page).toHaveURL(/\/quarantine\/\d+/);
    await page.locator('.desk-keys [data-awake]').waitFor({ state: 'attached' });
  };
  await open();
  const number = (await house.rows("SELECT max(case_id) FROM support_case WHERE stage <> 'closed'"))[0]![0]!;
  await page.locator('input[name=case]').fill(number);
  await page.evaluate(() => (document.activeElement as HTMLElement).blur());
  await page.keyboard.press('a');
  await expect.poll(verdicts).toEqual(['no_answer', 'attached']);

  await open();
  const code = (await house.rows('SELECT code FROM partner ORDER BY partner_id LIMIT 1'))[0]![0]!;
  await page.locator('input[name=partner]').fill(code);
  await page.evaluate(() => (document.activeElement as HTMLElement).blur());
  await page.keyboard.press('n');
  await expect.poll(verdicts).toEqual(['no_answer', 'attached', 'new_case']);
});

test('the same is done to many, told one by one and taken back @phone @plain', async ({ page, house }) => {
  await signIn(page, agent);
  await page.goto('/desk?view=unassigned');
  const main = page.getByRole('main');
  const boxes = page.getByRole('checkbox', { name: /^Mark case/ });
  await boxes.nth(0).check();
  await boxes.nth(1).check();
  // Each says which case it is, and as of when it was seen.
  const caseOf = async (nth: number) => Number((await boxes.nth(nth).inputValue()).split('@')[0]);
  const numbers = [await caseOf(0), await caseOf(1)].sort((one, other) => one - other);
  const form = page.locator('form[action="/do/bulk-cases"]');
  await page.getByText('Do the same to all marked cases').click();
  await form.getByLabel('With').selectOption({ label: 'Marta Ruiz (on shift)' });
  await form.getByRole('button', { name: 'Assign' }).click();
  await expect(main).toContainText(`Assigned: ${numbers.join(', ')}.`);
  expect(await sidewaysScroll(page)).toEqual([]);
  if (test.info().project.name !== 'plain') await expectNoAxeViolations(page);
  await page.getByRole('button', { name: 'Undo for 2 cases' }).click();
  await expect(main).toContainText(`As it was before: ${numbers.join(', ')}.`);
  expect(await house.count(`SELECT count(*) FROM support_case WHERE assignee_id IS NOT NULL AND case_id IN (${numbers.join(',')})`)).toBe(0);

  // What can't be closed stays open, with the reason beside its number.
  await page.goto('/desk?view=unassigned');
  await boxes.nth(0).check();
  const number = await caseOf(0);
  await page.getByText('Do the same to all marked cases').click();
  await form.getByRole('button', { name: 'Close' }).click();
  await expect(main).toContainText(`case ${number}: The partner's last message is neither answered nor marked`);

  // Nothing marked: told, and nothing is done.
  await page.goto('/desk?view=unassigned');
  await page.getByText('Do the same to all marked cases').click();
  await form.getByRole('button', { name: 'Needs no answer' }).click();
  await expect(main).toContainText('Nothing was done: no case is marked.');
});

test('a case is put off, and comes back when its partner writes @phone @plain', async ({ page, house, somebody }) => {
  const number = (await house.rows("SELECT min(case_id) FROM support_case JOIN partner USING (partner_id) WHERE code = 'balcony-notes' AND stage <> 'closed'"))[0]![0]!;
  await signIn(page, agent);
  await page.goto(`/desk/${number}`);
  const main = page.getByRole('main');
  await page.locator('summary', { hasText: /^Snooze$/ }).click();
  const form = page.locator('form[action="/do/snooze-case"]');
  await expect(form).toContainText('The clocks run on');
  await form.getByRole('button', { name: 'Snooze' }).click();
  await expect(page.locator('#form')).toContainText('Say in a few words why.');
  await form.getByLabel('Reason').fill('The shop answers tonight.');
  await form.getByRole('button', { name: 'Snooze' }).click();
  await expect(main).toContainText('Snoozed until');
  await expect(page.getByRole('button', { name: 'Undo' })).toBeVisible();
  await page.goto('/desk?view=snoozed');
  await expect(rows(page)).toHaveCount(1);
  if (test.info().project.name !== 'plain') await expectNoAxeViolations(page);

  const nora = await somebody();
  await signIn(nora, partner);
  await nora.goto(`/disputes/${number}`);
  await nora.locator('form[action="/do/answer-dispute"] textarea').fill('Any news?');
  await nora.locator('form[action="/do/answer-dispute"] button').click();
  await expect(nora).toHaveURL(/done=sent/);
  await page.goto('/desk?view=snoozed');
  await expect(main).toContainText('Cases that are put off stand here');
});

test('who is given new cases is set by leads @phone @plain', async ({ page }) => {
  await signIn(page, owner);
  await page.goto('/turns');
  const main = page.getByRole('main');
  await page.getByRole('button', { name: /^Give new cases of .* out in turn$/ }).first().click();
  await expect(main).toContainText('given out in turn');
  await page.getByLabel('At most, Marta Ruiz').fill('many');
  await page.locator('form', { has: page.getByLabel('At most, Marta Ruiz') }).getByRole('button', { name: 'Set' }).click();
  await expect(page.locator('#form')).toContainText('A whole number from 0 to 10,000, or nothing.');
  await expect(page.getByLabel('At most, Marta Ruiz')).toHaveValue('many');
  await page.getByLabel('At most, Marta Ruiz').fill('30');
  await page.locator('form', { has: page.getByLabel('At most, Marta Ruiz') }).getByRole('button', { name: 'Set' }).click();
  await expect(main).toContainText('Limit set.');
  expect(await sidewaysScroll(page)).toEqual([]);
  if (test.info().project.name !== 'plain') await expectNoAxeViolations(page);
});
