// The queue as an agent narrows it: by its filter, by a view under a name, by words that somebody wrote.
import { DEMO, signIn } from './support/people';
import { expect, expectNoAxeViolations, inHouse, sidewaysScroll, test } from './support/test';

const NOW = '2026-03-02T10:00:00Z';
const { partner, agent } = DEMO;

inHouse(NOW, async (house) => {
  await house.run(['demo']);
});

test('an agent narrows the queue, saves the view and finds a case by its words @phone @plain', async ({ page, somebody, house }) => {
  await house.rows('DELETE FROM saved_view');
  await signIn(page, partner);
  await page.goto('/disputes/new');
  await page.getByLabel('What happened?').fill('Mi comisión no cuadra: the <b>zebra</b> campaign is missing.');
  await page.getByRole('button', { name: 'Send' }).click();
  await expect(page).toHaveURL(/\/disputes\/\d+/);
  const number = page.url().match(/disputes\/(\d+)/)?.[1] ?? '';

  const desk = await somebody();
  await signIn(desk, agent);
  await desk.goto('/desk?view=all');
  const main = desk.getByRole('main');
  await main.getByText('Filter', { exact: true }).click();
  await desk.getByLabel('About').selectOption('other');
  await desk.getByLabel('Awaited').selectOption('house');
  await desk.getByRole('button', { name: 'Show' }).click();
  await expect(desk).toHaveURL(/kind=other/);
  await expect(main.getByRole('link', { name: 'Take away: Awaited: An answer from us' })).toBeVisible();
  await expect(main.getByRole('link', { name: number, exact: true })).toBeVisible();
  expect(await sidewaysScroll(desk)).toEqual([]);
  if (test.info().project.name !== 'plain') await expectNoAxeViolations(desk);

  await main.getByText('Save this view').click();
  const form = desk.locator('form[action="/do/save-view"]');
  await form.getByLabel('Name').fill('Other, waiting');
  await form.getByRole('button', { name: 'Save' }).click();
  await expect(main.getByRole('link', { name: /^Other, waiting \(\d+\)$/ })).toHaveAttribute('aria-current', 'page');
  await main.getByRole('link', { name: 'Take all away' }).click();
  await expect(desk).not.toHaveURL(/kind=other/);

  await desk.getByRole('searchbox', { name: 'Search cases' }).fill('comision zebra');
  await desk.getByRole('search', { name: 'Search cases' }).getByRole('button').click();
  await expect(main).toContainText('One case was found.');
  await expect(main.locator('mark').first()).toBeVisible();
  await expect(main).toContainText('<b>zebra</b>');
  expect(await sidewaysScroll(desk)).toEqual([]);
  if (test.info().project.name !== 'plain') await expectNoAxeViolations(desk);
  await main.getByRole('link', { name: number, exact: true }).click();
  await expect(desk).toHaveURL(new RegExp(`/desk/${number}`));
});
