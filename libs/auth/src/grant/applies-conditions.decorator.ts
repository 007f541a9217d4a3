import { SetMetadata } from '@nestjs/common';

const key = 'acci:conditions';

/**
 * Declares that a route asks for the conditions under which somebody holds its permission: by {@link Abilities}, for
 * every object that it shows or changes. To other routes a permission under a condition does not let anybody in.
 *
 * @param attributes what conditions may test, under the names that roles know them by.
 * @example
 * class OrderController {
 *   @RequirePermission('shop.orders.read')
 *   @AppliesConditions(['ownerId', 'department'])
 *   @Get()
 *   list(@Caller() caller: Identity) {}
 * }
 */
export function AppliesConditions(attributes: readonly string[]): MethodDecorator {
  return SetMetadata(key, attributes);
}

/** What {@link AppliesConditions} declares of a handler; undefined if it does not. */
export function conditionsOf(handler: object): readonly string[] | undefined {
  return Reflect.getMetadata(key, handler) as readonly string[] | undefined;
}
