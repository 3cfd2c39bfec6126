"""The OpenAPI document that a target is held against: the shipped one, or the vendor's own.

`load_document` reads OpenAPI 3.0, 3.1 and 3.2 and Swagger 2.0, as YAML or JSON, and compiles every response schema at
once, so that a broken document is refused before anything is sent. Answers are judged as open: a member that the
document does not know is legal even where a schema is closed. For the same reason ``oneOf`` asks for at least one
branch: without the closing, two may fit.
"""

from kandykit.openapi.answers import Problem
from kandykit.openapi.document import METHODS, Document, OperationSpec
from kandykit.openapi.loading import Loader, load_document
from kandykit.openapi.places import Place, read_tree

__all__ = ["METHODS", "Document", "Loader", "OperationSpec", "Place", "Problem", "load_document", "read_tree"]
