-- The list can be narrowed down to one status, of which there may be few.
-- depends: 0006_code_inboxes
CREATE INDEX public_complaints_status ON public_complaints (status, received_at DESC, ticket DESC) WHERE listed;
