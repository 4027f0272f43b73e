-- How many listed complaints are alike in all filters of the list, kept with each change: counting them takes a
-- second at a million.
-- depends: 0007_status
CREATE TABLE public_groups (
    kecamatan text,
    category  text,
    unit      text,
    open      boolean NOT NULL,
    status    text    NOT NULL,
    n         int     NOT NULL
);
CREATE UNIQUE INDEX public_groups_key ON public_groups (kecamatan, category, unit, open, status) NULLS NOT DISTINCT;
INSERT INTO public_groups
SELECT kecamatan, category, unit, open, status, count(*) FROM public_complaints WHERE listed GROUP BY 1, 2, 3, 4, 5;
