import { uuidv7 } from '@acci/database';
import { PersonalDataUnreadable, SubjectCipher } from '@acci/event-store';
import type { AnyRequest, AnyResponse } from '@acci/rest';
import { Injectable } from '@nestjs/common';
import { z } from 'zod';
import { SessionClock } from '../session/session-clock.js';
import { DeviceCookies, deviceLifetimeMs } from './device-cookies.js';
import { nobodysId } from './nobody.js';

const place = ['known device'];

/** Whose device it may be. */
export interface DeviceUser {
  readonly tenantId: string;
  /** Undefined for nobody. */
  readonly userId?: string | undefined;
  /** What they typed to say who they are. */
  readonly login: string;
}

const Device = z.object({ id: z.uuid(), since: z.int() });

/**
 * Knows devices on which a user has logged in: by a text that they keep, encrypted under the user's own key, so that
 * nobody else can make one and it ends with the user. It opens nothing; who shows it only does not wait for what others
 * did wrong. See "Lockout" in docs/auth/login.md.
 */
@Injectable()
export class KnownDevices {
  constructor(
    private readonly cipher: SubjectCipher,
    private readonly cookies: DeviceCookies,
    private readonly clock: SessionClock,
  ) {}

  /** A text for the device on which a user has just logged in; it stays the same device if it was known. */
  async remember(tenantId: string, userId: string, id: string = uuidv7()): Promise<string> {
    const device: z.output<typeof Device> = { id, since: this.clock.now().getTime() };
    const sealed = await this.cipher.seal(
      { tenantId, subject: userId },
      Buffer.from(JSON.stringify(device)),
      place,
    );
    return sealed.toString('base64url');
  }

  /** As {@link remember}, in a cookie of the browser. */
  async rememberBrowser(
    response: AnyResponse,
    { tenantId, userId, login }: DeviceUser & { readonly userId: string },
    id?: string,
  ): Promise<void> {
    this.cookies.set(response, tenantId, login, await this.remember(tenantId, userId, id));
  }

  /**
   * The id of the device that a request comes from, by the text in its body or else its cookie; undefined if it is not
   * known, or is another user's, or was too long ago. That takes as long for a user who does not exist.
   */
  async recognise(
    request: AnyRequest,
    { tenantId, userId, login }: DeviceUser,
    given?: string,
  ): Promise<string | undefined> {
    const text = given ?? this.cookies.textOf(request, tenantId, login);
    if (text === undefined) return undefined;
    const who = { tenantId, subject: userId ?? nobodysId };
    try {
      const opened = await this.cipher.open(who, Buffer.from(text, 'base64url'), place);
      if (!opened) return undefined;
      const { id, since } = Device.parse(JSON.parse(opened.toString()));
      return this.clock.now().getTime() - since < deviceLifetimeMs ? id : undefined;
    } catch (error) {
      if (error instanceof PersonalDataUnreadable) return undefined;
      throw error;
    }
  }
}
