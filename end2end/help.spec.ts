// Help: a partner finds an answer before asking, the desk answers with a macro and a link to an article, and a lead keeps
// both right.
import { DEMO, signIn } from './support/people';
import { expect, expectNoAxeViolations, inHouse, sidewaysScroll, test } from './support/test';

// A Monday at ten in London.
const NOW = '2026-03-02T10:00:00Z';
const { partner, agent, owner } = DEMO;

inHouse(NOW, async (house) => {
  await house.run(['demo']);
});

test('a partner finds an answer and says whether it helped @phone @plain', async ({ page, house }) => {
  await house.rows('ALTER TABLE article_feedback DISABLE TRIGGER USER');
  await house.rows('DELETE FROM article_feedback');
  await house.rows('ALTER TABLE article_feedback ENABLE TRIGGER USER');
  await signIn(page, partner);
  await page.goto('/help');
  const main = page.getByRole('main');
  await expect(main).toContainText('How payouts work');
  await expect(main).not.toContainText('A good first answer');
  expect(await sidewaysScroll(page)).toEqual([]);
  if (test.info().project.name !== 'plain') await expectNoAxeViolations(page);
  // In the other language, without its accents.
  await page.getByRole('main').getByLabel('Search').fill('por que esta pendiente');
  await page.getByRole('main').getByRole('button', { name: 'Search' }).click();
  await page.getByRole('link', { name: 'Por qué una comisión está pendiente' }).click();
  await expect(page.locator('.help-article')).toHaveAttribute('lang', 'es');
  if (test.info().project.name !== 'plain') await expectNoAxeViolations(page);
  await page.getByRole('button', { name: 'Yes' }).click();
  await expect(main).toContainText('You said that it helped.');
});

test('the desk answers with a macro and an article, and what was typed stays @phone @plain', async ({ page, somebody }) => {
  await signIn(page, partner);
  await page.goto('/disputes/new?kind=missing_conversion');
  await expect(page.getByRole('main')).toContainText('Perhaps answered already');
  await expect(page.getByRole('link', { name: 'A sale is missing' })).toBeVisible();
  await page.goto('/disputes/new');
  await page.getByLabel('What happened?').fill('When am I paid?');
  await page.getByRole('button', { name: 'Send' }).click();
  await expect(page).toHaveURL(/\/disputes\/\d+/);
  const number = /\/disputes\/(\d+)/.exec(page.url())![1]!;

  const desk = await somebody();
  await signIn(desk, agent);
  await desk.goto(`/desk/${number}`);
  const form = () => desk.locator('form[action="/do/reply"]');
  await expect(form()).toContainText('Nora Lindqvist is spoken to in English.');
  await form().locator('textarea').fill('Good morning.');
  await form().getByText('Macros', { exact: true }).click();
  await form().locator('select[name=macro]').selectOption({ label: 'Solved: thank you' });
  await form().getByRole('button', { name: 'Put into the reply' }).click();
  const text = form().locator('textarea');
  await expect(text).toHaveValue(/^Good morning\.\n\nHello Nora,\n\nthat is done, and case \d+ is closed/);
  await expect(form()).toContainText('Closes the case after sending.');
  await form().getByText('Help articles', { exact: true }).click();
  await form().getByRole('button', { name: 'Insert a link to “How payouts work”' }).click();
  await expect(text).toHaveValue(/How payouts work: http.*\/help\/how-payouts-work$/);
  if (test.info().project.name !== 'plain') await expectNoAxeViolations(desk);
  await form().getByRole('button', { name: 'Send reply' }).click();
  await expect(desk.getByRole('main')).toContainText('Closed');
  await page.reload();
  await expect(page.getByRole('main')).toContainText('that is done');
});

test('what is kept is looked after: articles, macros and their links @plain', async ({ page }) => {
  await signIn(page, owner);
  await page.goto('/help/write');
  await page.getByLabel('Title').fill('A test of <b>marks</b>');
  await page.getByLabel('Name in the address').fill(`marks-${Date.now()}`);
  await page.getByLabel('Text').fill('See [nothing](/nowhere), <script>alert(1)</script> and ![x](https://example.org/x.png).');
  await page.getByRole('button', { name: 'Save as a draft' }).click();
  await expect(page.getByRole('main')).toContainText('This is a draft');
  await expect(page.locator('.help-article')).toContainText('<script>alert(1)</script>');
  await expect(page.locator('.help-article :is(img, script)')).toHaveCount(0);
  await page.getByRole('button', { name: 'Publish this version' }).click();
  await expect(page.getByRole('main')).toContainText('Published: this is what its readers see.');
  for (const path of ['/help', '/macros', '/links', '/mentions', '/macros/new', '/figures']) {
    await page.goto(path);
    expect(await sidewaysScroll(page), path).toEqual([]);
    if (test.info().project.name !== 'plain') await expectNoAxeViolations(page);
  }
});
