"""REST: resources declared in an app's `api.py`, served under /api/v1/ and described at /api/schema/.

class Courses(Resource):
    '''Courses of the organization.'''

    model = Course
    visible = queries.courses_visible_to
    fields = ("id", "organization", "title", "state", "created_at")
    filters = {"state": ("exact", "in"), "created_at": ("gte", "lt")}
    order = ("-id", "title")
    creates = operations.create_course
    changes = {"publish": operations.publish_course}
"""

from azora.kernel.rest.resource import Resource
from azora.kernel.rest.routes import urls

__all__ = ["Resource", "urls"]
