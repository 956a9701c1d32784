// The desk's rota: an owner finds gaps and closes one; partners read who is on and are promised working hours; the queue
// and the case say when a clock runs out, and which hours it counted.
import { DEMO, signIn } from './support/people';
import { expect, expectNoAxeViolations, inHouse, sidewaysScroll, test } from './support/test';

// A Monday at ten in London: Marta is there until four. On Friday she has the morning off.
const NOW = '2026-03-02T10:00:00Z';
const { partner, agent, owner } = DEMO;

inHouse(NOW, async (house) => {
  await house.run(['demo']);
});

test('an owner finds gaps in the week and closes one @phone @plain', async ({ page, house }) => {
  // What an earlier run of this test wrote; the rota itself forgets nothing.
  for (const table of ['shift_break', 'shift']) await house.rows(`ALTER TABLE ${table} DISABLE TRIGGER USER`);
  await house.rows('DELETE FROM shift WHERE written_by IS NOT NULL');
  for (const table of ['shift_break', 'shift']) await house.rows(`ALTER TABLE ${table} ENABLE TRIGGER USER`);

  await signIn(page, owner);
  await page.goto('/rota');
  const main = page.getByRole('main');
  await expect(main).toContainText('On now: Marta Ruiz until 16:00.');
  // Lunch and supper on five days, Marta's Friday morning, the mornings of the weekend, and Sunday's last hour: New York has set
  // its clocks forward.
  await expect(main).toContainText('1,380 of 5,460 minutes are uncovered, in 14 gaps.');
  expect(await sidewaysScroll(page)).toEqual([]);
  // Axe is a script itself.
  if (test.info().project.name !== 'plain') await expectNoAxeViolations(page);

  // A break outside of the shift comes back with what was typed.
  await page.getByText('Add shifts', { exact: true }).first().click();
  const form = page.locator('form[action="/do/add-shift"]');
  await form.getByLabel('Who').selectOption({ label: 'Inés Prado' });
  for (const day of ['Monday', 'Tuesday', 'Wednesday', 'Thursday']) await form.getByLabel(day).uncheck();
  await form.getByLabel('Begins').fill('09:00');
  await form.getByLabel('Ends').fill('12:00');
  await form.getByLabel('Time zone').fill('Europe/Madrid');
  await form.getByLabel('Break from').fill('12:30');
  await form.getByLabel('Break until').fill('13:00');
  await form.getByRole('button', { name: 'Add shifts' }).click();
  const refused = page.locator('#form');
  await expect(refused).toContainText('The break has to begin after the shift and end before it.');
  await expect(refused.getByLabel('Begins')).toHaveValue('09:00');
  await refused.getByLabel('Break from').fill('');
  await refused.getByLabel('Break until').fill('');
  await refused.getByRole('button', { name: 'Add shifts' }).click();
  await expect(main).toContainText('On the rota.');
  await expect(main).toContainText('1,200 of 5,460 minutes are uncovered, in 13 gaps.');
});

test('a partner reads who is on, and the desk sees the clock @phone @plain', async ({ page, somebody }) => {
  await signIn(page, partner);
  await page.goto('/disputes/new');
  await expect(page.getByRole('main')).toContainText('Marta is on until 16:00 today.');
  await page.getByLabel('What happened?').fill('Where do I find my links?');
  await page.getByRole('button', { name: 'Send' }).click();
  await expect(page).toHaveURL(/\/disputes\/\d+/);
  // Four hours of work at most, with an hour at noon in which nobody is there.
  await expect(page.getByRole('main')).toContainText(/We answer by 1[45]:00 today\./);
  const number = /\/disputes\/(\d+)/.exec(page.url())![1]!;

  const desk = await somebody();
  await signIn(desk, agent);
  await desk.goto(`/desk/${number}`);
  const clocks = desk.locator('.clocks');
  // On a phone a case shows one column at a time.
  const facts = desk.locator('.case-tabs a').filter({ hasText: 'Facts' });
  if (await facts.isVisible()) await facts.click();
  await expect(clocks).toContainText('First reply');
  await clocks.getByText(/^Counted 0 min of/).first().click();
  await expect(clocks).toContainText('times of Europe/London');
  await desk.goto('/desk?view=breaching');
  await expect(desk.getByRole('heading', { level: 1 })).toHaveText('Queue');
});
