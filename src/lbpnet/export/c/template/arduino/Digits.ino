/* Classifies images that come over the serial port, 115,200 baud.
 *
 * In: @IMAGE_BYTES@ bytes, @CHANNELS@ x @HEIGHT@ x @WIDTH@ pixels, row by row, 0 is black. Out: a line with the class,
 * the microseconds that it took, and the score of each class. An image that stops for a second is dropped.
 */
#include <@NAME@.h>

static uint8_t image[@IMAGE_BYTES@];
static int32_t scores[@CLASSES@];

void setup() {
  Serial.begin(115200);
  Serial.setTimeout(1000);
}

void loop() {
  if (Serial.readBytes(reinterpret_cast<char *>(image), sizeof image) != sizeof image) {
    return;
  }
  const unsigned long start = micros();
  const int found = @NAME@_predict(image, scores);
  const unsigned long took = micros() - start;
  Serial.print(found);
  Serial.print(' ');
  Serial.print(took);
  for (int32_t score : scores) {
    Serial.print(' ');
    Serial.print(score);
  }
  Serial.println();
}
