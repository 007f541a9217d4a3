import type { DomainEvent, RecordedEvent } from '@acci/event-store';
import { applyDecorators, Injectable } from '@nestjs/common';
import { Reflector } from '@nestjs/core';
import type { ReactionOptions } from '../reaction/reaction.js';

/** What a subscription is, declared with {@link Subscription}. */
export interface SubscriptionOptions extends ReactionOptions {
  /** How long one delivery may take, in milliseconds; its signal is aborted then, and it has failed. Default 30,000. */
  readonly timeoutMs?: number;
}

/** What a handler is told beside the event. */
export interface DeliveryInfo {
  /** The same for every try, another one in a replay: receivers know by it what they have already. */
  readonly id: string;
  /** Which try this is, from 1; counted anew when a dead letter is retried. */
  readonly attempt: number;
  /** Aborts when the time is over; hand it to `fetch` and the like. */
  readonly signal: AbortSignal;
}

/**
 * Tells the outside what happened: calls an API, sends a mail, publishes to a queue.
 *
 * Each event is delivered at least once, one after the other of a stream, and of different streams at the same time. An
 * event is delivered when this returns, and tried again later when it throws; {@link Undeliverable} makes it a dead
 * letter at once. It comes again also when the program dies before the note that it was delivered.
 */
export interface SubscriptionHandler<E extends DomainEvent = DomainEvent> {
  deliver(event: RecordedEvent<E>, delivery: DeliveryInfo): Promise<void> | void;
}

/** The class of a subscription. */
export type SubscriptionClass = new (...args: never[]) => SubscriptionHandler;

const declared = Reflector.createDecorator<SubscriptionOptions>();

/**
 * Declares a class to be a subscription. List it in `ReactionsModule.forFeature` to have it called.
 *
 * @example
 * @Subscription({ name: 'shop.order-webhook', events: [OrderPlaced] })
 * export class OrderWebhook implements SubscriptionHandler<OrderPlaced> {
 *   async deliver(event: RecordedEvent<OrderPlaced>, { id, signal }: DeliveryInfo): Promise<void> {
 *     const headers = { 'Idempotency-Key': id };
 *     const answer = await fetch(url, { method: 'POST', body: JSON.stringify(event.data), headers, signal });
 *     if (!answer.ok) throw new Error(`The receiver answered ${answer.status}`);
 *   }
 * }
 */
export function Subscription(options: SubscriptionOptions): (target: SubscriptionClass) => void {
  return applyDecorators(Injectable(), declared(options));
}

/** What a class declared with {@link Subscription}; undefined if it did not. */
export function subscriptionOptionsOf(type: object): SubscriptionOptions | undefined {
  return new Reflector().get(declared, type as SubscriptionClass);
}
