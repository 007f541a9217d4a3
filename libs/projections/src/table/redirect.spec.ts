import { prepared } from '@acci/database';
import { RebuildUnsupported } from '../projections.errors.js';
import { Redirect } from './redirect.js';

const redirect = new Redirect(
  new Map([
    ['shop.list', 'shop.list__b2'],
    ['shop.list_items', 'shop.list_items__b2'],
  ]),
);
const led = (text: string) => redirect.statement(text);

describe('a redirect', () => {
  it.each([
    ['insert into shop.list (list_id) values ($1)', 'insert into shop.list__b2 (list_id) values ($1)'],
    ['insert into "shop"."list"(a) values (1)', 'insert into shop.list__b2(a) values (1)'],
    ['INSERT INTO Shop.List (a) VALUES (1)', 'INSERT INTO shop.list__b2 (a) VALUES (1)'],
    [
      'insert into shop.list (n) values (1) on conflict (n) do update set n = list.n + excluded.n',
      'insert into shop.list__b2 (n) values (1) on conflict (n) do update set n = list__b2.n + excluded.n',
    ],
    ['update shop.list set n = shop.list.n + 1', 'update shop.list__b2 set n = shop.list__b2.n + 1'],
    [
      'select list.a from shop.list as list join shop.list_items i on i.list = list.a',
      'select list.a from shop.list__b2 as list join shop.list_items__b2 i on i.list = list.a',
    ],
    [
      'with list as (select 1 as a) insert into shop.list_items select list.a from list',
      'with list as (select 1 as a) insert into shop.list_items__b2 select list.a from list',
    ],
    ['select list.a from shop.list list', 'select list.a from shop.list__b2 list'],
    [
      'select * from shop.lists, shop.list_, other.list, xshop.list',
      'select * from shop.lists, shop.list_, other.list, xshop.list',
    ],
    ['select p.shop.list from shop.list', 'select p.shop.list from shop.list__b2'],
  ])('leads %s', (text, expected) => {
    expect(led(text)).toBe(expected);
  });

  it.each([
    'insert into list select list from shop.list_items',
    'delete from only list',
    'select 1 from shop.list_items join "list" on true',
  ])('refuses %s', (text) => {
    expect(() => led(text)).toThrow(RebuildUnsupported);
  });

  it('keeps what it has rewritten, prepared statements as such', () => {
    const statement = prepared('delete from shop.list');
    expect(redirect.statement(statement)).toEqual(prepared('delete from shop.list__b2'));
    expect(redirect.statement(statement)).toBe(redirect.statement(statement));
    expect(redirect.statement(statement.text)).toBe('delete from shop.list__b2');
  });
});
