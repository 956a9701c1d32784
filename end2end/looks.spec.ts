// Every page, on a wide screen and on a phone, light and dark: nothing sideways, nothing that shuts anybody out, and no
// word of complaint from the browser. Pictures for people go to test-results/looks; nobody compares them by machine.
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { signIn } from './support/people';
import { PEOPLE, SCENE_NOW, type Scene, setScene } from './support/scene';
import { axeViolations, expect, inHouse, sidewaysScroll, test } from './support/test';

let scene: Scene;

inHouse(SCENE_NOW, async (house) => {
  await house.run(['demo']);
}, async (house) => {
  scene = await setScene(house);
});

for (const role of ['anyone', 'partner', 'agent', 'owner'] as const) {
  test(`what ${role} sees @phone`, async ({ page, watch }, info) => {
    test.setTimeout(420_000);
    if (role !== 'anyone') await signIn(page, PEOPLE[role]);
    for (const { name, path, status } of scene.places[role]) {
      if (status) watch.allow(status);
      for (const colours of ['light', 'dark'] as const) {
        const here = `${name}, ${colours}`;
        await page.emulateMedia({ colorScheme: colours, reducedMotion: 'reduce' });
        if (colours === 'light') {
          const answer = await page.goto(path);
          expect.soft(answer?.status(), here).toBe(status ?? 200);
          await expect.soft(page.getByRole('heading', { level: 1 }), here).toHaveCount(1);
          expect.soft(await sidewaysScroll(page), here).toEqual([]);
        }
        // In the dark colours alone change, and those are the same at every width.
        const narrow = info.project.name === 'phone';
        if (colours === 'light') expect.soft(await axeViolations(page), here).toEqual([]);
        else if (!narrow) expect.soft(await axeViolations(page, ['color-contrast']), here).toEqual([]);
        const folder = join(info.project.outputDir, 'looks', `${info.project.name}-${colours}`);
        mkdirSync(folder, { recursive: true });
        await page.screenshot({ path: join(folder, `${name}.png`), fullPage: true });
      }
    }
  });
}

test('what was chosen outweighs what the device prefers @phone', async ({ page }) => {
  await page.emulateMedia({ colorScheme: 'light' });
  await signIn(page, PEOPLE.partner);
  const light = await background(page);
  await page.getByRole('button', { name: 'Dark', exact: true }).click();
  await expect(page.locator('html')).toHaveAttribute('data-theme', 'dark');
  expect(await background(page)).not.toBe(light);
  await page.goto('/terms');
  expect(await background(page)).not.toBe(light);
  await page.getByRole('button', { name: 'Like my device' }).click();
  await expect(page.locator('html')).not.toHaveAttribute('data-theme');
  expect(await background(page)).toBe(light);
});

test('the keyboard reaches everything, and it is seen where it is', async ({ page }) => {
  await signIn(page, PEOPLE.partner);
  await page.keyboard.press('Tab');
  await expect(page.getByRole('link', { name: 'Skip to the content' })).toBeFocused();
  await expect(page.getByRole('link', { name: 'Skip to the content' })).toBeInViewport();
  await page.keyboard.press('Enter');
  await expect(page.locator('#main')).toBeFocused();
  const unseen: string[] = [];
  for (let press = 0; press < 25; press += 1) {
    await page.keyboard.press('Tab');
    const blind = await page.evaluate(() => {
      const here = document.activeElement;
      if (!here || here === document.body) return null;
      // A row's link draws its frame around the whole row.
      const frames = [getComputedStyle(here), getComputedStyle(here, '::after')];
      const seen = frames.some(
        ({ outlineStyle, outlineWidth, boxShadow }) =>
          (outlineStyle !== 'none' && parseFloat(outlineWidth) > 0) || (boxShadow !== 'none' && boxShadow !== ''),
      );
      return seen ? null : here.outerHTML.slice(0, 100);
    });
    if (blind) unseen.push(blind);
  }
  expect(unseen).toEqual([]);
});

const background = (page: import('@playwright/test').Page) =>
  page.evaluate(() => getComputedStyle(document.documentElement).backgroundColor + getComputedStyle(document.body).backgroundColor);
