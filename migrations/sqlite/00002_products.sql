-- +goose Up
-- The cart's catalogue. A price is decimal text, so that it stays exact.
CREATE TABLE lab_products (
    id    INTEGER PRIMARY KEY,
    name  TEXT NOT NULL,
    blurb TEXT NOT NULL,
    price TEXT NOT NULL
) STRICT;

INSERT INTO lab_products (id, name, blurb, price) VALUES
    (1, 'Field notebook', 'A5, 160 numbered pages, stitched so that it lies flat', '19.99'),
    (2, 'Drafting pencil', '0.5 mm lead, brass grip, takes a fall without bending', '14.50'),
    (3, 'Fountain pen ink', '50 ml, blue-black, washes out of fingers but not out of paper', '11.90'),
    (4, 'Graph paper pad', '80 sheets, 2 mm grid that fades when copied', '6.25'),
    (5, 'Cork board', '60 by 40 cm, with forty brass pins', '32.00'),
    (6, 'Desk lamp', 'Warm or cold light, remembers which you like', '79.00'),
    (7, 'Erlenmeyer flask', '250 ml borosilicate glass, fine for flowers too', '8.75'),
    (8, 'Measuring cylinder', '100 ml, graduated to the millilitre', '9.40'),
    (9, 'Digital thermometer', 'From -50 to 200 degrees, reads in two seconds', '24.95'),
    (10, 'Pocket microscope', 'Sixty times larger, with its own lamp', '45.00'),
    (11, 'Stopwatch', 'Counts hundredths and keeps the last ten laps', '17.30'),
    (12, 'Balance', 'Weighs up to 500 g in steps of a tenth', '129.00'),
    (13, 'Label tape', 'Five metres, white, for everything that looks alike', '4.05'),
    (14, 'Rubber duck', 'Listens to any bug without interrupting', '3.99');

-- +goose Down
DROP TABLE lab_products;
