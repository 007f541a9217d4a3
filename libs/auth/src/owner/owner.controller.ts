import { answerPosition } from '@acci/event-store';
import {
  type AnyResponse,
  ApiProblems,
  Ctx,
  type RequestContext,
  RequirePermission,
  Returns,
} from '@acci/rest';
import { PlatformTenantGuard } from '@acci/tenancy';
import { Body, Controller, Param, Post, Res, UseGuards } from '@nestjs/common';
import { CommandBus } from '@nestjs/cqrs';
import { ApiOperation, ApiTags } from '@nestjs/swagger';
import { InviteOwner } from './invite-owner.command.js';
import { InviteOwnerRequest, OwnedTenantId, OwnerInvitedResponse } from './owner.schemas.js';

/** How the first person comes into a tenant: `/v1/tenants/{id}/owners`. */
@ApiTags('Tenants')
@UseGuards(PlatformTenantGuard)
@Controller({ path: 'tenants/:id/owners', version: '1' })
export class OwnerController {
  constructor(private readonly commandBus: CommandBus) {}

  @RequirePermission('tenancy.tenants.invite_owner')
  @ApiOperation({
    operationId: 'tenantInviteOwner',
    summary: 'Invite a tenant’s owner',
    description:
      'The first one, or one for a tenant that has no owner left who could log in. They are mailed a link, and own the tenant by it. The same address once more has the mail sent again; another one takes the open invitation back. The tenant’s events show who invited, when and why.',
  })
  @ApiProblems({
    403: [
      'auth.permission.missing',
      'tenancy.platform.required',
      'tenancy.tenant.suspended',
      'tenancy.tenant.deletion_scheduled',
    ],
    404: ['tenancy.tenant.not_found'],
    409: ['auth.owner.exists', 'auth.owner.platform', 'auth.user.email_taken', 'auth.user.locked'],
    429: ['auth.user.mail_too_soon'],
  })
  @Returns(OwnerInvitedResponse, { description: 'The mail is on its way.' })
  @Post()
  async invite(
    @Ctx() ctx: RequestContext,
    @Param('id', { schema: OwnedTenantId }) tenantId: string,
    @Body({ schema: InviteOwnerRequest }) body: InviteOwnerRequest,
    @Res({ passthrough: true }) response: AnyResponse,
  ): Promise<OwnerInvitedResponse> {
    const invited = await this.commandBus.execute(new InviteOwner(ctx, { ...body, tenantId }));
    answerPosition(response, invited);
    return { tenantId, userId: invited.streamId };
  }
}
