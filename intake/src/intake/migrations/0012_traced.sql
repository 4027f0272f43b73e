-- The hop that brought a notice about, as a W3C traceparent: sending it goes on with that trace. Empty while nothing is traced.
ALTER TABLE notices ADD COLUMN trace text NOT NULL DEFAULT '';
