import { hash } from 'node:crypto';
import { type AnyRequest, type AnyResponse, rawRequest, rawResponse } from '@acci/rest';
import { Inject, Injectable } from '@nestjs/common';
import { type AuthModuleOptions, MODULE_OPTIONS_TOKEN } from '../auth.options.js';
import { loginKey } from './login-key.js';

/** How long a device is known after somebody logged in on it, in milliseconds. */
export const deviceLifetimeMs = 180 * 24 * 3_600_000;

/**
 * Texts of `KnownDevices` in browsers, out of reach of scripts: a cookie for each name that somebody logged in with, so
 * that several people can share one browser.
 */
@Injectable()
export class DeviceCookies {
  private readonly prefix: string;
  private readonly attributes: string;

  constructor(@Inject(MODULE_OPTIONS_TOKEN) { insecureCookies = false }: AuthModuleOptions) {
    this.prefix = `${insecureCookies ? '' : '__Host-'}acci_device_`;
    const seconds = deviceLifetimeMs / 1_000;
    this.attributes = `Path=/; Max-Age=${seconds}; HttpOnly; SameSite=Lax${insecureCookies ? '' : '; Secure'}`;
  }

  /** The text for those who log in with this name. */
  textOf(request: AnyRequest, tenantId: string, login: string): string | undefined {
    const { cookie = '' } = rawRequest(request).headers;
    const start = `${this.nameOf(tenantId, login)}=`;
    const found = cookie.split(';').find((pair) => pair.trimStart().startsWith(start));
    return found?.trim().slice(start.length);
  }

  /** Lets the browser keep a text. */
  set(response: AnyResponse, tenantId: string, login: string, text: string): void {
    const cookie = `${this.nameOf(tenantId, login)}=${text}; ${this.attributes}`;
    rawResponse(response).appendHeader('Set-Cookie', cookie);
  }

  private nameOf(tenantId: string, login: string): string {
    return this.prefix + hash('sha256', `${tenantId} ${loginKey(login)}`).slice(0, 12);
  }
}
