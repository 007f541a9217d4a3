import { RequirePermission, Returns } from '@acci/rest';
import { Controller, Get } from '@nestjs/common';
import { ApiOperation, ApiTags } from '@nestjs/swagger';
import { PermissionCatalogue } from './permission-catalogue.js';
import { PermissionsResponse } from './permissions.schemas.js';

@ApiTags('Access')
@Controller({ path: 'permissions', version: '1' })
export class PermissionsController {
  constructor(private readonly catalogue: PermissionCatalogue) {}

  @Get()
  @RequirePermission('auth.permissions.read')
  @ApiOperation({ summary: 'List all permissions' })
  @Returns(PermissionsResponse, { description: 'The permissions, sorted by name.' })
  list(): PermissionsResponse {
    const items = this.catalogue.all().map((name) => ({
      name,
      conditions: [...this.catalogue.attributesOf(name)].sort(),
    }));
    return { items };
  }
}
