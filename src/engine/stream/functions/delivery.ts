/** How often an element comes out when a program fails and goes on from a checkpoint. Without checkpoints all are alike. */
export type DeliveryGuarantee = 'atMostOnce' | 'atLeastOnce' | 'exactlyOnce';
