// Every way to the desk: a partner sends a file with a dispute, an agent writes a call down, and an incident tells everybody
// whom it concerns.
import { DEMO, signIn } from './support/people';
import { expect, expectNoAxeViolations, inHouse, sidewaysScroll, test } from './support/test';

const NOW = '2026-03-02T10:00:00Z';
const { partner, agent } = DEMO;
const PNG = Buffer.from('iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==', 'base64');

inHouse(NOW, async (house) => {
  await house.run(['demo']);
});

test('a file, a call and an incident reach the right people @phone @plain', async ({ page, somebody }) => {
  const plain = test.info().project.name === 'plain';
  await signIn(page, partner);
  await page.goto('/disputes/new');
  await page.getByLabel('What happened?').fill('The order is missing; the picture shows it.');
  // Too many files: nothing is sent, and what was typed is still there.
  const picture = (name: string) => ({ name, mimeType: 'image/png', buffer: PNG });
  await page.getByLabel('Files').setInputFiles([1, 2, 3, 4, 5, 6].map((nth) => picture(`order-${nth}.png`)));
  await page.getByRole('button', { name: 'Send' }).click();
  const main = page.getByRole('main');
  await expect(main).toContainText('There are more than 5 files. Nothing was sent; your text is kept.');
  await expect(page.getByLabel('What happened?')).toHaveValue('The order is missing; the picture shows it.');
  await page.getByLabel('Files').setInputFiles([picture('order.png')]);
  await page.getByRole('button', { name: 'Send' }).click();
  await expect(page).toHaveURL(/\/disputes\/\d+/);
  const number = /\/disputes\/(\d+)/.exec(page.url())?.[1] ?? '';
  await expect(async () => {
    await page.goto(`/disputes/${number}`);
    await expect(page.getByRole('link', { name: 'order.png' })).toBeVisible({ timeout: 1000 });
  }).toPass();
  expect(await sidewaysScroll(page)).toEqual([]);

  // The agent was called about it and writes that down, in the partner's words.
  const desk = await somebody();
  await signIn(desk, agent);
  await desk.goto(`/desk/${number}`);
  await expect(desk.getByRole('link', { name: 'order.png' })).toBeVisible();
  await desk.getByText('Log a call or chat', { exact: true }).click();
  const call = desk.locator('form[action="/do/log-message"]');
  await call.getByLabel('What was said').fill('It was order 77, she says on the phone.');
  await call.getByRole('button', { name: 'Log it' }).click();
  await expect(desk.getByRole('main')).toContainText('Logged. It stands in the conversation.');
  await page.goto(`/disputes/${number}`);
  await expect(main).toContainText('It was order 77, she says on the phone.');
  await expect(main).toContainText('by phone');

  // Something went wrong for many: the case goes in, and its partner reads about it.
  const name = `Tracking was down (${test.info().project.name})`;
  await desk.goto('/incidents');
  await desk.getByText('Something went wrong for many', { exact: true }).click();
  const opening = desk.locator('form[action="/do/open-incident"]');
  await opening.getByLabel('What partners read as its title (English)').fill(name);
  await opening.getByLabel('What partners read as its title (Spanish)').fill('El seguimiento falló');
  await opening.getByLabel('What we say (English)').fill('We count every sale by hand.');
  await opening.getByLabel('What we say (Spanish)').fill('Contamos cada venta a mano.');
  await opening.getByRole('button', { name: 'Open and tell' }).click();
  await expect(desk).toHaveURL(/\/incidents\/\d+/);
  if (!plain) await expectNoAxeViolations(desk);
  const put = desk.locator('form[action="/do/put-into-incident"]').first();
  await put.getByLabel('Numbers of cases to put in').fill(`#${number}`);
  await put.getByRole('button', { name: 'Put in' }).click();
  await expect(desk.getByRole('main')).toContainText('They are in it, and are being told the last word.');
  await page.goto(`/disputes/${number}`);
  await expect(main).toContainText(name);
  await expect(async () => {
    await page.goto(`/disputes/${number}`);
    await expect(page.locator('article[data-side="staff"]')).toContainText('We count every sale by hand.', { timeout: 1000 });
  }).toPass();
  if (!plain) await expectNoAxeViolations(page);
  expect(await sidewaysScroll(page)).toEqual([]);

  // It does not belong there after all: it is taken out, and gathered again from the queue.
  await desk.getByRole('button', { name: `Take out ${number}` }).click();
  await expect(desk.getByRole('main')).toContainText('Taken out. Nothing more is said there about it');
  await expect(desk.getByRole('button', { name: `Take out ${number}` })).toHaveCount(0);
  expect(await sidewaysScroll(desk)).toEqual([]);
  await desk.goto('/desk?view=all');
  await desk.getByLabel(`Mark case ${number}`, { exact: true }).check();
  await desk.getByText('Do the same to all marked cases').click();
  const bulk = desk.locator('form[action="/do/bulk-cases"]');
  const incident = await bulk.locator('option', { hasText: name }).getAttribute('value');
  await bulk.getByLabel('Incident').selectOption(incident);
  await bulk.getByRole('button', { name: 'Gather' }).click();
  await expect(desk.getByRole('main')).toContainText(`Put into the incident, and being told its last word: ${number}.`);
  if (!plain) await expectNoAxeViolations(desk);
});
