// Somebody who reads pages and sends their forms without a window: for furnishing a house quickly, and for what a
// window would not let one do, such as sending one form twice at the same moment.
import { type APIRequestContext, request } from '@playwright/test';
import type { House } from './house';
import type { Person } from './people';

export interface Answer {
  status: number;
  /** Where one was sent on to. */
  location: string;
}

export class Client {
  private constructor(private readonly http: APIRequestContext) {}

  static async signIn(house: House, who: Person): Promise<Client> {
    const http = await request.newContext({ baseURL: house.url, extraHTTPHeaders: { Origin: house.url, 'Accept-Language': 'en' } });
    const client = new Client(http);
    const { location } = await client.send('sign-in', { email: who.email, password: who.password, back: '' });
    if (location.startsWith('/sign-in')) throw new Error(`${who.email} could not sign in`);
    return client;
  }

  /** A page's HTML. */
  async read(path: string): Promise<string> {
    const answer = await this.http.get(path);
    if (!answer.ok()) throw new Error(`${path}: ${answer.status()}`);
    return answer.text();
  }

  /** The hidden fields of a form on a page, as a browser would send them. */
  async hidden(path: string, form: string): Promise<Record<string, string>> {
    const html = await this.read(path);
    const found = new RegExp(`<form[^>]*action="/do/${form}".*?</form>`, 's').exec(html)?.[0];
    if (!found) throw new Error(`${path} has no form ${form}`);
    const inputs = [...found.matchAll(/<input[^>]*type="hidden"[^>]*>/g)].map(([input]) => {
      const read = (name: string) => new RegExp(`${name}="([^"]*)"`).exec(input)?.[1] ?? '';
      return [read('name'), read('value')] as const;
    });
    return Object.fromEntries(inputs);
  }

  /** Sends fields to a server function, whatever it answers. */
  async send(form: string, fields: Record<string, string>): Promise<Answer> {
    const answer = await this.http.post(`/do/${form}`, { form: fields, maxRedirects: 0 });
    const location = new URL(answer.headers().location ?? '/', 'http://localhost');
    return { status: answer.status(), location: answer.headers().location ? location.pathname + location.search : '' };
  }

  /** Fills a form of a page in and sends it; it has to be accepted. Gives where that leads. */
  async fill(path: string, form: string, fields: Record<string, string>): Promise<string> {
    const { status, location } = await this.send(form, { ...(await this.hidden(path, form)), ...fields });
    if (status >= 400 || location === '' || /[?&]form=/.test(location)) {
      throw new Error(`${form} on ${path} was refused: ${status} ${location}`);
    }
    return location;
  }

  async leave(): Promise<void> {
    await this.http.dispose();
  }
}
